"""Reads the segments of a JPEG file (ITU-T T.81, annex B) up to its pixels."""

from typing import Final

import tensorflow as tf

from trainer.photograph.photograph_header import (
    CUT_SHORT,
    PhotographHeader,
    first_fault,
    read_numbers,
    split_at,
)

JPEG_MAGIC: Final = b"\xff\xd8\xff"

_END = b"\xff\xd9"
_START_OF_SCAN = b"\xff\xda"
_APP1 = 0xE1
_EXIF = b"Exif\0\0"
# Baseline, extended sequential and progressive, all with Huffman coding (table B.1).
_FRAMES = (0xC0, 0xC1, 0xC2)
_FRAMES_OF_ANY_KIND = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
# Any number of these may stand before a marker (B.1.1.2).
_FILL = 0xFF
# Markers of segments, which have a length; not restart, start and end of image, start of scan.
_SEGMENTS = {*range(0xC0, 0x100)} - {*range(0xD0, 0xDB)}
# Photographs have 10 to 30 segments before their pixels, some hundreds with long metadata. Each
# takes time, and 32 MB could hold millions.
_MOST_SEGMENTS = 1024
# A progressive file has about ten. One of 61 bytes takes the decoder 80 ms at 40 megapixels.
_MOST_SCANS = 100


def read_jpeg_header(image: tf.Tensor) -> PhotographHeader:
    """Reads the header.

    Args:
        image: string [], a file that begins with ``JPEG_MAGIC``.

    Returns:
        The header, with the first EXIF segment.
    """
    size = tf.strings.length(image)
    is_segment = tf.constant([marker in _SEGMENTS for marker in range(256)])
    is_frame = tf.constant([marker in _FRAMES_OF_ANY_KIND for marker in range(256)])

    def next_segment(
        at: tf.Tensor, frame: tf.Tensor, exif: tf.Tensor, count: tf.Tensor, _: tf.Tensor
    ) -> tuple[tf.Tensor, ...]:
        """Steps over a segment; notes where the first frame and the first EXIF data begin."""
        prefix, marker, high, low = tf.unstack(read_numbers(image, at, tf.uint8, 4))
        goes_on = (prefix == 0xFF) & tf.gather(is_segment, marker)
        content = tf.strings.substr(image, tf.minimum(at + 4, size), len(_EXIF))
        is_exif = (marker == _APP1) & (content == _EXIF) & (exif == 0)
        # The length counts its own two bytes.
        length = tf.where(marker == _FILL, 1, 2 + tf.maximum(256 * high + low, 2))
        return (
            tf.where(goes_on, tf.minimum(at + length, size), at),
            tf.where(goes_on & tf.gather(is_frame, marker) & (frame == 0), at, frame),
            tf.where(goes_on & is_exif, at, exif),
            count + 1,
            goes_on & (count < _MOST_SEGMENTS),
        )

    at, frame, exif, count, _ = tf.while_loop(
        lambda at, frame, exif, count, goes_on: goes_on, next_segment, [2, 0, 0, 0, True]
    )
    header = tf.unstack(read_numbers(image, frame, tf.uint8, 10))
    kind, precision, components = header[1], header[4], header[9]
    height, width = 256 * header[5] + header[6], 256 * header[7] + header[8]
    exif_bytes = read_numbers(image, tf.minimum(exif + 2, size), tf.uint16, 1)[0]
    tiff = tf.strings.substr(
        image,
        tf.minimum(exif + 4 + len(_EXIF), size),
        tf.where(exif > 0, tf.maximum(exif_bytes - 2 - len(_EXIF), 0), 0),
    )
    # Up to the end: what cameras append, such as a film, can hold any bytes.
    pixels = split_at(tf.strings.substr(image, at, size), _END, 1)
    scans = tf.size(split_at(pixels[0], _START_OF_SCAN, _MOST_SCANS + 1)) - 1
    fault = first_fault(
        [
            (count > _MOST_SEGMENTS, "has over {} segments before its pixels", count - 1),
            (
                (at + 2 > size) | (tf.size(pixels) < 2),
                CUT_SHORT + ": the JPEG file ends after {} bytes",
                size,
            ),
            (
                tf.strings.substr(image, at, 2) != _START_OF_SCAN,
                "is a broken JPEG file: no segment begins at byte {}",
                at,
            ),
            (frame == 0, "is a broken JPEG file: it has no frame header in {} segments", count),
            (
                ~_is_one_of(kind, _FRAMES),
                "is a JPEG file of a rare kind, SOF{}: save it as baseline or progressive JPEG",
                kind - _FRAMES[0],
            ),
            (precision != 8, "is a JPEG file of {} bits: save it with 8 bits", precision),
            (
                ~_is_one_of(components, (1, 3, 4)),
                "is a broken JPEG file: its pixels have {} components",
                components,
            ),
            (scans > _MOST_SCANS, "is a JPEG file of over {} scans", scans - 1),
            (height == 0, "is a broken JPEG file with a height of {} pixels", height),
            (width == 0, "is a broken JPEG file with a width of {} pixels", width),
        ]
    )
    return PhotographHeader(height, width, tiff, fault)


def _is_one_of(value: tf.Tensor, values: tuple[int, ...]) -> tf.Tensor:
    return tf.reduce_any(value == tf.constant(values))
