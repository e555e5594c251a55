"""Reads the chunks of a PNG file (RFC 2083) up to its pixels."""

from typing import Any, Final

import tensorflow as tf

from trainer.photograph.photograph_header import (
    CUT_SHORT,
    PhotographHeader,
    first_fault,
    read_numbers,
)

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"

_END = b"\0\0\0\0IEND\xaeB`\x82"
_HEADER = b"\0\0\0\x0dIHDR"
# The bit depths of each colour type (4.1.1).
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_KINDS = [256 * depth + colour for colour, depths in _DEPTHS.items() for depth in depths]
# Length, type and checksum around a chunk's data.
_AROUND = 12
# Each takes time. Writers cut the pixels into chunks of 8 kB or more, 4,000 for 32 MB.
_MOST_CHUNKS = 16384
# The decoder inflates each to 8 MB, which takes it 70 ms; a file of 8 MB could hold a thousand.
_COMPRESSED_TEXTS = (b"zTXt", b"iTXt")
_MOST_COMPRESSED_TEXTS = 16


def read_png_header(image: tf.Tensor) -> PhotographHeader:
    """Reads the header, and steps through all chunks.

    A decoder allocates what a chunk's length says, up to 2 GB, before it looks whether the file
    has so many bytes.

    Args:
        image: string [], a file that begins with ``PNG_MAGIC``.

    Returns:
        The header, with the eXIf chunk (PNG's third edition, 11.3.3.4) if it is before the pixels.
    """
    size = tf.strings.length(image)

    def next_chunk(
        at: tf.Tensor,
        pixels: tf.Tensor,
        exif: tf.Tensor,
        texts: tf.Tensor,
        count: tf.Tensor,
        _: Any,
    ) -> tuple[tf.Tensor, ...]:
        """Steps over a chunk; notes where the first pixels and the first EXIF data begin."""
        length = read_numbers(image, at, tf.int32, 1)[0]
        name = tf.strings.substr(image, tf.minimum(at + 4, size), 4)
        goes_on = (name != b"IEND") & (length >= 0) & (length <= size - at - _AROUND)
        is_text = tf.reduce_any(name == tf.constant(_COMPRESSED_TEXTS))
        return (
            tf.where(goes_on, at + _AROUND + length, at),
            tf.where((name == b"IDAT") & (pixels == 0), at, pixels),
            tf.where((name == b"eXIf") & goes_on & (exif == 0) & (pixels == 0), at, exif),
            texts + tf.cast(is_text, tf.int32),
            count + 1,
            goes_on & (count < _MOST_CHUNKS),
        )

    at, pixels, exif, texts, count, _ = tf.while_loop(
        lambda at, pixels, exif, texts, count, goes_on: goes_on,
        next_chunk,
        [len(PNG_MAGIC), 0, 0, 0, 0, True],
    )
    width, height = tf.unstack(read_numbers(image, tf.minimum(16, size), tf.int32, 2))
    depth, colour, *methods = tf.unstack(read_numbers(image, tf.minimum(24, size), tf.uint8, 5))
    exif_bytes = read_numbers(image, exif, tf.int32, 1)[0]
    tiff = tf.strings.substr(image, tf.minimum(exif + 8, size), tf.where(exif > 0, exif_bytes, 0))
    fault = first_fault(
        [
            (count > _MOST_CHUNKS, "is a PNG file of over {} chunks", count - 1),
            (
                tf.strings.substr(image, at, _AROUND) != _END,
                CUT_SHORT + ": the PNG file ends after {} bytes",
                size,
            ),
            (
                tf.strings.substr(image, len(PNG_MAGIC), len(_HEADER)) != _HEADER,
                "is a broken PNG file of {} bytes: it does not begin with its header",
                size,
            ),
            (pixels == 0, "is a broken PNG file: it has no pixels in {} chunks", count),
            (
                texts > _MOST_COMPRESSED_TEXTS,
                f"is a PNG file of {{}} compressed texts, over {_MOST_COMPRESSED_TEXTS}",
                texts,
            ),
            (
                ~tf.reduce_any(256 * depth + colour == tf.constant(_KINDS)),
                "is a broken PNG file: its depth does not go with its colour type, {}",
                colour,
            ),
            # Compression, filter and interlace method: 0, 0, and 0 or 1.
            (
                methods[0] + methods[1] + methods[2] // 2 > 0,
                "is a broken PNG file: an unknown interlace, compression or filter method, {}",
                tf.reduce_max(tf.stack(methods)),
            ),
            (height <= 0, "is a broken PNG file with a height of {} pixels", height),
            (width <= 0, "is a broken PNG file with a width of {} pixels", width),
        ]
    )
    return PhotographHeader(height, width, tiff, fault)
