"""How large a photograph is shown, as the model's own header check reads it."""

import functools
from collections.abc import Callable

import tensorflow as tf

from trainer.photograph.read_header import read_header, shown_size


def photograph_size(image: bytes) -> tuple[int, int]:
    """Returns height and width in pixels, EXIF's orientation counted, without decoding.

    Args:
        image: The file of a photograph that a model has taken; of others the size is nonsense.
    """
    height, width = _size()(tf.constant(image)).numpy()
    return int(height), int(width)


@functools.cache
def _size() -> Callable[[tf.Tensor], tf.Tensor]:
    size = tf.function(lambda image: shown_size(read_header(image)), autograph=False)
    return size.get_concrete_function(tf.TensorSpec([], tf.string))
