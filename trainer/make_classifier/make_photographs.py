"""From Transform's examples to batches of photographs with the place of their make in a list.

Photographs whose make is unknown, or none of the list, are left out: there is no right answer to
learn from or to be held against.
"""

from collections.abc import Sequence

import tensorflow as tf

from pipeline import features
from pipeline.config import InputConfig, MakeFitConfig
from trainer.augmentation import augment
from trainer.input_pipeline import each_epoch, seed_of, shuffled
from trainer.preprocessing import parse_pixels

_READ_AT_ONCE = 64


def makes_and_cars(serialized: tf.data.Dataset) -> list[tuple[str, str]]:
    """Reads the make and the car of each photograph, in order.

    Args:
        serialized: Transformed or raw examples, string []; one at a time is in memory.

    Returns:
        A pair per photograph; the make is empty where it is unknown.
    """
    keys = (features.MAKE, features.GROUP_ID)
    spec = {key: tf.io.FixedLenFeature([], tf.string) for key in keys}
    found: list[tuple[bytes, bytes]] = []
    pairs = serialized.map(lambda record: tf.io.parse_single_example(record, spec))
    for parsed in pairs.batch(_READ_AT_ONCE):
        found += zip(*(parsed[key].numpy().tolist() for key in keys), strict=True)
    return [(make.decode(errors="replace"), car.decode(errors="replace")) for make, car in found]


def with_make(serialized: tf.data.Dataset, makes: Sequence[str]) -> tf.data.Dataset:
    """Keeps the examples whose make is one of a list.

    Args:
        serialized: Transformed examples, string [].
        makes: The list, one make at least.
    """
    known = tf.constant(list(makes))
    return serialized.filter(lambda record: tf.reduce_any(_make_of(record) == known))


def training_batches(
    serialized: tf.data.Dataset,
    makes: Sequence[str],
    size: InputConfig,
    config: MakeFitConfig,
    first_epoch: int = 0,
) -> tf.data.Dataset:
    """Shuffles, parses, batches and augments, epoch after epoch; see ``input_pipeline``.

    Args:
        serialized: Transformed examples, string [], of ``with_make``.
        makes: The list.
        size: Of the photographs in them.
        config: Batch size, seed, epochs and augmentation.
        first_epoch: Where to begin.

    Returns:
        Batches of (float32 [N, H, W, 3] in [0, 1], int64 [N], the make's place in the list).
    """

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        batches = _batches(
            shuffled(serialized, size, config.seed, epoch), makes, size, config.batch_size
        )
        return batches.enumerate().map(
            lambda step, batch: (*batch, seed_of(config.seed, epoch, step))
        )

    def augmented(
        images: tf.Tensor, classes: tf.Tensor, batch_seed: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        # There are no masks to change along.
        no_masks = tf.zeros_like(images[..., :1])
        return augment(images, no_masks, config.augmentation, batch_seed)[0], classes

    return (
        each_epoch(first_epoch, config.epochs, one_epoch)
        .map(augmented, num_parallel_calls=tf.data.AUTOTUNE)
        .prefetch(4)
    )


def scoring_batches(
    serialized: tf.data.Dataset, makes: Sequence[str], size: InputConfig, batch_size: int
) -> tf.data.Dataset:
    """Parses and batches, changing nothing.

    Args:
        serialized: Transformed examples, string [], of ``with_make``.
        makes: The list.
        size: Of the photographs in them.
        batch_size: Photographs per batch; the last batch may hold fewer.

    Returns:
        As ``training_batches``, in order.
    """
    return _batches(serialized, makes, size, batch_size).prefetch(2)


def _batches(
    serialized: tf.data.Dataset, makes: Sequence[str], size: InputConfig, batch_size: int
) -> tf.data.Dataset:
    known = tf.constant(list(makes))

    def parse(record: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        spec = {features.IMAGE_TENSOR: tf.io.FixedLenFeature([], tf.string)}
        image = tf.io.parse_single_example(record, spec)[features.IMAGE_TENSOR]
        return (
            parse_pixels(image, size.height, size.width, 3),
            tf.where(_make_of(record) == known)[0, 0],
        )

    return serialized.map(parse, num_parallel_calls=tf.data.AUTOTUNE).batch(batch_size)


def _make_of(record: tf.Tensor) -> tf.Tensor:
    spec = {features.MAKE: tf.io.FixedLenFeature([], tf.string)}
    return tf.io.parse_single_example(record, spec)[features.MAKE]
