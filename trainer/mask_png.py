"""Writes a mask as a PNG file of two bits per pixel, in the graph.

TensorFlow's encoder knows 8 and 16 bits, and takes longer for a full-size mask than all else but
the model. So it is given four pixels as one byte: the pixels of such a file, compressed and
filtered, are those of a file of two bits (RFC 2083, 2.3 and 6.1). Only the header differs.

One bit would do, and would be a trap: Pillow opens such a file as booleans, and whoever compares
them with 127 gets an empty mask. Files of two bits are opened as gray levels by everybody.
"""

import struct
import zlib

import numpy as np
import tensorflow as tf

_BEFORE_SIZE = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"
# Two bits, gray, the usual compression and filter, not interlaced.
_BEHIND_SIZE = b"\2\0\0\0\0"
_HEADER_BYTES = 33
_PIXELS_PER_BYTE = 4
_CAR = 3
# Times four bytes of two bits each, the first of which is the lowest, this has their bits in its
# highest byte, the first of which is the highest; no two products meet.
_GATHER_BITS = 2**30 + 2**20 + 2**10 + 1
_TO_HIGHEST_BYTE = 24


def encode_mask(mask: tf.Tensor) -> tf.Tensor:
    """Encodes a mask.

    Args:
        mask: bool [H, W].

    Returns:
        string [], a PNG file of one channel and two bits: decoders give 0 and 255.
    """
    size = tf.shape(mask)
    encoded = tf.io.encode_png(_packed(mask)[..., tf.newaxis])
    pixels = tf.strings.substr(encoded, _HEADER_BYTES, tf.strings.length(encoded))
    return tf.strings.join([_header(size), pixels])


def _packed(mask: tf.Tensor) -> tf.Tensor:
    """Packs four pixels of a row into a byte: uint8 [H, ceil(W / 4)]."""
    height, width = tf.unstack(tf.shape(mask))
    levels = tf.cast(mask, tf.uint8) * _CAR
    levels = tf.pad(levels, [[0, 0], [0, -width % _PIXELS_PER_BYTE]])
    fours = tf.bitcast(tf.reshape(levels, [height, -1, _PIXELS_PER_BYTE]), tf.uint32)
    gathered = fours * tf.constant(_GATHER_BITS, tf.uint32)
    return tf.cast(
        tf.bitwise.right_shift(gathered, tf.constant(_TO_HIGHEST_BYTE, tf.uint32)), tf.uint8
    )


def _header(size: tf.Tensor) -> tf.Tensor:
    """Returns all that comes before the pixels of a mask of a size, int32 [2]: string []."""
    width_and_height = tf.reverse(size, [0])
    places = tf.range(31, -1, -1)
    bits = tf.reshape(
        tf.bitwise.bitwise_and(
            tf.bitwise.right_shift(width_and_height[:, tf.newaxis], places[tf.newaxis]), 1
        ),
        [-1],
    )
    # A checksum is linear: what each bit of the size changes in it adds up without carry.
    base, changes = _checksums()
    checksum = (base + tf.reduce_sum(bits[:, tf.newaxis] * changes, axis=0)) % 2
    return tf.strings.join([_BEFORE_SIZE, _to_bytes(bits), _BEHIND_SIZE, _to_bytes(checksum)])


def _to_bytes(bits: tf.Tensor) -> tf.Tensor:
    """Turns int32 [8 n] of 0 and 1, highest first, into n bytes: string []."""
    values = tf.reduce_sum(tf.reshape(bits, [-1, 8]) * 2 ** tf.range(7, -1, -1), axis=1)
    return tf.strings.reduce_join(tf.gather([bytes([value]) for value in range(256)], values))


def _checksums() -> tuple[np.ndarray, np.ndarray]:
    """Returns the bits of the header's CRC-32, int32, highest first.

    Returns:
        [32], of a mask of 0x0 pixels; [64, 32], what each bit of width and height changes in it.
    """

    def bits_of(size: int) -> np.ndarray:
        chunk = b"IHDR" + struct.pack(">Q", size) + _BEHIND_SIZE
        return np.array([int(bit) for bit in f"{zlib.crc32(chunk):032b}"], np.int32)

    base = bits_of(0)
    return base, np.stack([base ^ bits_of(1 << place) for place in range(63, -1, -1)])
