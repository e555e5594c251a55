"""Reads the header of whatever file somebody sends as a photograph."""

import tensorflow as tf

from trainer.photograph.exif_orientation import is_on_its_side, read_orientation
from trainer.photograph.jpeg_header import JPEG_MAGIC, read_jpeg_header
from trainer.photograph.photograph_header import PhotographHeader, read_numbers
from trainer.photograph.png_header import PNG_MAGIC, read_png_header

# Where the files of other formats have which bytes.
_OTHER_FORMATS = (
    ("is a GIF file", 0, b"GIF8"),
    ("is a BMP file", 0, b"BM"),
    ("is a TIFF file", 0, b"II*\0"),
    ("is a TIFF file", 0, b"MM\0*"),
    ("is a WebP file", 8, b"WEBP"),
    ("is a HEIC or AVIF file", 4, b"ftyp"),
    ("is a PDF file", 0, b"%PDF"),
)
_SHOWN_BYTES = 8


def read_header(image: tf.Tensor) -> PhotographHeader:
    """Reads the header of a file that may be anything.

    A file without a fault can still be refused by a decoder, but none gives it another size.

    Args:
        image: string [], the file.

    Returns:
        The header. No file raises an error.
    """
    return tf.cond(
        is_png(image),
        lambda: read_png_header(image),
        lambda: tf.cond(
            tf.strings.substr(image, 0, len(JPEG_MAGIC)) == JPEG_MAGIC,
            lambda: read_jpeg_header(image),
            lambda: _no_header(image),
        ),
    )


def is_png(image: tf.Tensor) -> tf.Tensor:
    """Says whether a file, string [], begins as a PNG file does: bool []."""
    return tf.strings.substr(image, 0, len(PNG_MAGIC)) == PNG_MAGIC


def orientation_of(header: PhotographHeader) -> tf.Tensor:
    """Returns EXIF's orientation, int32 [], 1 to 8."""
    return read_orientation(header.exif)


def shown_size(header: PhotographHeader) -> tf.Tensor:
    """Returns height and width of the photograph as it is shown, int32 [2]."""
    stored = tf.stack([header.height, header.width])
    return tf.where(is_on_its_side(orientation_of(header)), stored[::-1], stored)


def _no_header(image: tf.Tensor) -> PhotographHeader:
    nothing = tf.constant(0)
    size = tf.strings.length(image)
    fault = tf.strings.join(["is no JPEG or PNG file: it ", _kind_of_file(image, size)])
    return PhotographHeader(
        nothing, nothing, tf.constant(""), tf.where(size > 0, fault, "is empty")
    )


def _kind_of_file(image: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Says what a file of another format is: string []."""
    names, places, magics = zip(*_OTHER_FORMATS, strict=True)
    starts = tf.strings.substr(
        tf.fill([len(names)], tf.strings.substr(image, 0, 16)),
        # No place may lie behind the end of the file.
        tf.minimum(tf.constant(places), size),
        tf.constant([len(magic) for magic in magics]),
    )
    hexadecimal = tf.constant([f"{byte:02x}" for byte in range(256)])
    first = read_numbers(image, 0, tf.uint8, _SHOWN_BYTES)[: tf.minimum(size, _SHOWN_BYTES)]
    shown = tf.strings.reduce_join(tf.gather(hexadecimal, first), separator=" ")
    which = tf.argmax(tf.concat([starts == tf.constant(magics), [True]], axis=0))
    return tf.gather(tf.stack([*names, tf.strings.join(["begins with ", shown])]), which)
