"""From Transform's examples on disk to batches for a model.

Records stay compressed on disk and small in the shuffle buffer, so that memory does not grow with
the number of photographs.
"""

from collections.abc import Iterator, Sequence

import tensorflow as tf

from pipeline import features
from pipeline.config import AugmentationConfig, InputConfig
from trainer.augmentation import augment
from trainer.preprocessing import parse_pixels

# Serialized records, about 70 kB each at 128x128.
_SHUFFLE_BUFFER = 512


def examples(files: Sequence[str]) -> tf.data.Dataset:
    """Reads Transform's examples.

    Args:
        files: Patterns of gzipped TFRecord files, as TFX hands them to ``run_fn``.

    Returns:
        A dataset of serialized examples, string [], in a fixed order.
    """
    paths = sorted(path for pattern in files for path in tf.io.gfile.glob(pattern))
    return tf.data.TFRecordDataset(paths, compression_type="GZIP")


def count(dataset: tf.data.Dataset) -> int:
    """Returns how many elements a finite dataset has, by reading it once."""
    return int(dataset.reduce(0, lambda total, _: total + 1))


def training_batches(
    serialized: tf.data.Dataset,
    size: InputConfig,
    batch_size: int,
    augmentation: AugmentationConfig,
    seed: int,
) -> tf.data.Dataset:
    """Shuffles, parses, batches and augments.

    Args:
        serialized: Transformed examples, string [].
        size: Of the tensors in them.
        batch_size: Photographs per batch; the last batch may hold fewer.
        augmentation: The ranges.
        seed: Of the order and of the augmentation.

    Returns:
        Batches of (float32 [N, H, W, 3], float32 [N, H, W, 1]), both in [0, 1]; one pass over the
        data, in another order and otherwise augmented each time it is iterated.
    """
    batches = (
        serialized.shuffle(_SHUFFLE_BUFFER, seed=seed)
        .map(lambda record: _parse(record, size), num_parallel_calls=tf.data.AUTOTUNE)
        .batch(batch_size)
    )
    # A seed per batch. Operations that keep a state would start anew with each epoch, and hand out
    # their numbers in whatever order the parallel calls happen to run.
    seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)
    return (
        tf.data.Dataset.zip((batches, seeds))
        .map(
            lambda batch, seed: augment(batch[0], batch[1], augmentation, seed),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .prefetch(2)
    )


def scoring_batches(
    serialized: tf.data.Dataset, size: InputConfig, batch_size: int
) -> tf.data.Dataset:
    """Parses and batches, changing nothing.

    Args:
        serialized: Transformed examples, string [].
        size: Of the tensors in them.
        batch_size: Photographs per batch; the last batch may hold fewer.

    Returns:
        Batches of (float32 [N, H, W, 3], float32 [N, H, W, 1]), both in [0, 1], in order.
    """
    return (
        serialized.map(lambda record: _parse(record, size), num_parallel_calls=tf.data.AUTOTUNE)
        .batch(batch_size)
        .prefetch(2)
    )


def full_size_masks(serialized: tf.data.Dataset) -> Iterator[bytes]:
    """Yields the full-size mask of each example, a PNG file, in order."""
    spec = {features.MASK: tf.io.FixedLenFeature([], tf.string)}
    for record in serialized.as_numpy_iterator():
        yield tf.io.parse_single_example(record, spec)[features.MASK].numpy()


def average_mask(serialized: tf.data.Dataset, size: InputConfig) -> tf.Tensor:
    """Returns the average mask that Transform computed, float32 [H, W, 1] in [0, 1].

    Raises:
        ValueError: If the dataset is empty.
    """
    spec = {features.AVERAGE_MASK_TENSOR: tf.io.FixedLenFeature([], tf.string)}
    for record in serialized.take(1):
        parsed = tf.io.parse_single_example(record, spec)
        return parse_pixels(parsed[features.AVERAGE_MASK_TENSOR], size.height, size.width, 1)
    raise ValueError("the training split holds no example to read the average mask from")


def _parse(record: tf.Tensor, size: InputConfig) -> tuple[tf.Tensor, tf.Tensor]:
    spec = {
        features.IMAGE_TENSOR: tf.io.FixedLenFeature([], tf.string),
        features.MASK_TENSOR: tf.io.FixedLenFeature([], tf.string),
    }
    parsed = tf.io.parse_single_example(record, spec)
    return (
        parse_pixels(parsed[features.IMAGE_TENSOR], size.height, size.width, 3),
        parse_pixels(parsed[features.MASK_TENSOR], size.height, size.width, 1),
    )
