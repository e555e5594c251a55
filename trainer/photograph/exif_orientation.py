"""Photographs as they are shown: cameras store some lying on their side, and say so in EXIF.

All of it is TensorFlow operations, because it becomes part of the saved graphs.
"""

from collections.abc import Callable
from typing import Final

import tensorflow as tf

UPRIGHT: Final = 1

_ORIENTATION_TAG = 0x0112
_SHORT = 3
# Against the standard, but viewers take it.
_LONG = 4
# Of an entry of the table: tag, type, count (two words), value (two words).
_WORDS = 6


def read_orientation(tiff: tf.Tensor) -> tf.Tensor:
    """Reads the orientation from the TIFF structure that EXIF is.

    Args:
        tiff: string [], what follows "Exif" and two zeros in a JPEG segment (CIPA DC-008, 4.5 and
            4.6), or the data of PNG's eXIf chunk.

    Returns:
        int32 [], 1 to 8; 1, stored as it is shown, where none or nonsense is said.
    """
    is_little_endian = tf.strings.substr(tiff, 0, 2) == b"II"

    def numbers(content: tf.Tensor, dtype: tf.DType, length: tf.Tensor | int) -> tf.Tensor:
        little, big = (
            tf.io.decode_raw(content, dtype, little_endian=little, fixed_length=length)
            for little in (True, False)
        )
        return tf.cast(tf.where(is_little_endian, little, big), tf.int32)

    size = tf.strings.length(tiff)
    table = numbers(tf.strings.substr(tiff, 0, 8), tf.int32, 8)[1]
    table = tf.where((table < 0) | (table > size), size, table)
    count = numbers(tf.strings.substr(tiff, table, 2), tf.uint16, 2)[0]
    entry_bytes = 2 * _WORDS
    first = tf.minimum(table + 2, size)
    length = entry_bytes * tf.minimum(count, (size - first) // entry_bytes)
    words = numbers(tf.strings.substr(tiff, first, length), tf.uint16, tf.maximum(length, 2))
    entries = tf.reshape(words[: length // 2], [-1, _WORDS])
    kind = entries[:, 1]
    is_orientation = (entries[:, 0] == _ORIENTATION_TAG) & ((kind == _SHORT) | (kind == _LONG))
    # Of a long one word is zero, which one depends on the byte order.
    values = entries[:, 4] + tf.where(kind == _LONG, entries[:, 5], 0)
    # The first entry with the tag; a sum of none is 0.
    orientation = tf.reduce_sum(tf.boolean_mask(values, is_orientation)[:1])
    return tf.where((orientation >= 1) & (orientation <= 8), orientation, UPRIGHT)


def is_on_its_side(orientation: tf.Tensor) -> tf.Tensor:
    """Says of an orientation, int32 [], whether height and width change places: bool []."""
    return orientation >= 5


def turn_upright(pixels: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns and mirrors stored pixels into shown ones.

    Args:
        pixels: uint8 [H, W, C], as stored.
        orientation: int32 [], EXIF's number: where the first row and column are shown.

    Returns:
        uint8 [H, W, C]; [W, H, C] for orientations 5 to 8.
    """
    channels = pixels.shape[-1]

    def turned() -> tf.Tensor:
        upright = _turned_if(
            orientation, (5, 6, 7, 8), pixels, lambda p: tf.transpose(p, [1, 0, 2])
        )
        upright = _turned_if(orientation, (2, 3, 6, 7), upright, lambda p: p[:, ::-1])
        return _turned_if(orientation, (3, 4, 7, 8), upright, lambda p: p[::-1])

    upright = tf.cond(orientation == UPRIGHT, lambda: tf.identity(pixels), turned)
    return tf.ensure_shape(upright, [None, None, channels])


def _turned_if(
    orientation: tf.Tensor,
    those: tuple[int, ...],
    pixels: tf.Tensor,
    turn: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    is_one = tf.reduce_any(orientation == tf.constant(those))
    return tf.cond(is_one, lambda: turn(pixels), lambda: tf.identity(pixels))
