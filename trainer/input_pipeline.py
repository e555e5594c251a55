"""From Transform's examples on disk to batches for a model.

Records stay compressed on disk and small in the shuffle buffer, so that memory does not grow with
the number of photographs.
"""

from collections.abc import Callable, Iterator, Sequence

import tensorflow as tf

from pipeline import features
from pipeline.config import AugmentationConfig, InputConfig
from trainer.augmentation import augment
from trainer.preprocessing import parse_pixels

# Records that wait to be shuffled: half a thousand up to 768x512, where each holds 2 MB, and fewer
# of larger ones. Transform leaves four poses of a car together, then come those of other cars.
_SHUFFLE_BUFFER = 512
_SHUFFLE_BYTES = 2**30


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
    epochs: int = 1,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Shuffles, parses, batches and augments, epoch after epoch.

    The order and the augmentation of a batch depend on the seed, its epoch and its place in it, and
    on nothing before: a fit that goes on at some epoch sees what it would have seen anyway.

    Args:
        serialized: Transformed examples, string [].
        size: Of the tensors in them.
        batch_size: Photographs per batch; the last batch of an epoch may hold fewer.
        augmentation: The ranges.
        seed: Of the order and of the augmentation.
        epochs: Where to stop, counted from epoch 0.
        first_epoch: Where to begin.

    Returns:
        Batches of (float32 [N, H, W, 3], float32 [N, H, W, 1]), both in [0, 1]; each epoch in
        another order and otherwise augmented.
    """

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        batches = (
            shuffled(serialized, size, seed, epoch)
            .map(lambda record: _parse(record, size), num_parallel_calls=tf.data.AUTOTUNE)
            .batch(batch_size)
        )
        return batches.enumerate().map(lambda step, batch: (*batch, seed_of(seed, epoch, step)))

    return (
        each_epoch(first_epoch, epochs, one_epoch)
        .map(
            lambda images, masks, batch_seed: augment(images, masks, augmentation, batch_seed),
            num_parallel_calls=tf.data.AUTOTUNE,
        )
        .prefetch(4)
    )


def training_image_ids(
    serialized: tf.data.Dataset,
    size: InputConfig,
    batch_size: int,
    seed: int,
    epoch: int,
    step: int,
) -> list[str]:
    """Returns the ids of the photographs in one batch of ``training_batches``.

    Args:
        serialized: As there.
        size: As there.
        batch_size: As there.
        seed: As there.
        epoch: From 0.
        step: From 0, within the epoch.
    """
    spec = {features.IMAGE_ID: tf.io.FixedLenFeature([], tf.string)}
    batches = each_epoch(
        epoch,
        epoch + 1,
        lambda epoch: shuffled(serialized, size, seed, epoch).batch(batch_size).skip(step).take(1),
    )
    for records in batches:
        parsed = tf.io.parse_example(records, spec)
        return [image_id.decode() for image_id in parsed[features.IMAGE_ID].numpy()]
    return []


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


def each_epoch(
    first: int, end: int, one_epoch: Callable[[tf.Tensor], tf.data.Dataset]
) -> tf.data.Dataset:
    """Puts epochs after each other.

    Args:
        first: Epoch to begin with.
        end: The epoch before which it ends.
        one_epoch: Gives the dataset of one by its number, int64 [].
    """

    def traced(epoch: tf.Tensor) -> tf.data.Dataset:
        # In this function's graph alone: the shuffle mixes the global seed, which is not its
        # business, into its own, and with a global one of 0 refuses an own one that is a tensor.
        tf.random.set_seed(1)
        return one_epoch(epoch)

    return tf.data.Dataset.range(first, end).flat_map(traced)


def shuffled(
    serialized: tf.data.Dataset, size: InputConfig, seed: int, epoch: tf.Tensor
) -> tf.data.Dataset:
    """Shuffles serialized examples.

    Args:
        serialized: Transformed examples, string [].
        size: Of the tensors in them; decides how many wait in memory.
        seed: Of the order.
        epoch: The same, int64 [].
    """
    # A byte for each of three colours, the mask and the average mask.
    record = 5 * size.height * size.width
    return serialized.shuffle(
        min(_SHUFFLE_BUFFER, max(_SHUFFLE_BYTES // record, 1)),
        seed=seed_of(seed, epoch, -1)[0],
        reshuffle_each_iteration=False,
    )


def seed_of(seed: int, epoch: tf.Tensor, step: tf.Tensor | int) -> tf.Tensor:
    """Returns an int64 [2] that depends on all three."""
    fold = tf.random.experimental.stateless_fold_in
    mixed = fold(fold(tf.constant([seed, 0], tf.int64), epoch), tf.cast(step, tf.int64))
    return tf.cast(mixed, tf.int64)


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
