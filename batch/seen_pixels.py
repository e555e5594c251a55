"""The pixels of a photograph that a model sees, to be sent to it as files of their own.

A model shrinks whatever it is given, and refuses large files. What is mirrored or cut out is
therefore shrunk here, by the model's own functions: it sees the same pixels, in a file of a few
hundred kilobytes at most, however large the photograph is.
"""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from components.quarantine import Reason, UnusablePhotograph
from trainer.preprocessing import decode_image, small_image


def shrunk(photograph: bytes, height: int, width: int) -> NDArray[np.uint8]:
    """Decodes a photograph as a model does, at the size of its input.

    Args:
        photograph: A JPEG or PNG file.
        height: Of the model's input, pixels.
        width: Of the model's input, pixels.

    Returns:
        uint8 [height, width, 3], RGB, as it is shown.

    Raises:
        UnusablePhotograph: If it cannot be decoded.
    """
    return _run(_shrinking(height, width), photograph)


def decoded(photograph: bytes) -> NDArray[np.uint8]:
    """Decodes a whole photograph, of which a model is to see parts.

    Args:
        photograph: A JPEG or PNG file.

    Returns:
        uint8 [H, W, 3], RGB, as it is shown.

    Raises:
        UnusablePhotograph: If it cannot be decoded.
    """
    return _run(_decoding(), photograph)


def as_png(pixels: NDArray[np.uint8]) -> bytes:
    """Encodes uint8 [H, W, 3], RGB, as a PNG file; quickly, as nobody keeps it."""
    return bytes(tf.io.encode_png(tf.constant(pixels), compression=1).numpy())


def _run(function: Callable[[tf.Tensor], tf.Tensor], photograph: bytes) -> NDArray[np.uint8]:
    try:
        return function(tf.constant(photograph)).numpy()
    except tf.errors.OpError as error:
        text = error.message.partition("\n")[0]
        raise UnusablePhotograph(Reason.UNDECODABLE_IMAGE, text) from error


@functools.cache
def _shrinking(height: int, width: int) -> Callable[[tf.Tensor], tf.Tensor]:
    return _of_file(lambda image: small_image(image, height, width))


@functools.cache
def _decoding() -> Callable[[tf.Tensor], tf.Tensor]:
    return _of_file(decode_image)


def _of_file(function: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[tf.Tensor], tf.Tensor]:
    graph = tf.function(function, autograph=False)
    return graph.get_concrete_function(tf.TensorSpec([], tf.string))
