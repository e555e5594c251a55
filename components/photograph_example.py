"""Turns one photograph and its mask into an example of the data contract, or says why not."""

import io

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from components.photograph_folder import Photograph
from components.quarantine import Reason, UnusablePhotograph
from pipeline import features

_MASK_FORMATS = ("GIF", "PNG")
_FIRST_BYTES = {"JPEG": b"\xff\xd8\xff", "PNG": b"\x89PNG\r\n\x1a\n"}
# How a complete file ends: JPEG's EOI marker (ITU T.81, B.1.1.3), PNG's IEND chunk (RFC 2083).
_LAST_BYTES = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}
# Some cameras pad behind the end marker.
_TAIL = 64
# What Pillow raises for a file it cannot read; a SyntaxError for a PNG chunk that is none.
_PIL_ERRORS = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
)
# libjpeg decodes all coefficients but only one pixel in 64: a third of the time of a full decode.
_PROBE_RATIO = 8


def photograph_example(photograph: Photograph, image: bytes, mask: bytes) -> tf.train.Example:
    """Checks both files and builds the example.

    Args:
        photograph: Name, car, pose and metadata.
        image: The photograph's file.
        mask: The mask's file.

    Returns:
        An example with all features of pipeline/features.py.

    Raises:
        UnusablePhotograph: If either file cannot be used; says why.
    """
    height, width = check_image(image)
    pixels = read_mask(mask)
    if pixels.shape != (height, width):
        raise UnusablePhotograph(
            Reason.MASK_SIZE,
            f"mask is {pixels.shape[1]}x{pixels.shape[0]}, photograph is {width}x{height}",
        )
    _, png = cv2.imencode(".png", pixels)
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                features.IMAGE: _bytes(image),
                features.MASK: _bytes(png.tobytes()),
                features.IMAGE_ID: _bytes(photograph.image_id.encode()),
                features.GROUP_ID: _bytes(photograph.group_id.encode()),
                features.POSE: _int64(photograph.pose),
                features.MAKE: _bytes(photograph.make.encode()),
                features.MODEL: _bytes(photograph.model.encode()),
                features.YEAR: _int64(photograph.year),
                features.HEIGHT: _int64(height),
                features.WIDTH: _int64(width),
            }
        )
    )


def check_image(image: bytes) -> tuple[int, int]:
    """Makes sure that Transform will be able to decode a photograph, with the same decoder.

    Args:
        image: The file.

    Returns:
        Height and width in pixels.

    Raises:
        UnusablePhotograph: If it is no JPEG or PNG, cut short or broken.
    """
    kind = next((kind for kind, magic in _FIRST_BYTES.items() if image.startswith(magic)), None)
    if kind is None:
        found = f"begins with {image[:8]!r}" if image else "empty file"
        raise UnusablePhotograph(Reason.UNDECODABLE_IMAGE, f"no JPEG or PNG: {found}")
    try:
        with Image.open(io.BytesIO(image), formats=[kind]) as header:
            width, height = header.size
        if kind == "JPEG":
            tf.io.decode_jpeg(image, channels=3, ratio=_PROBE_RATIO)
        else:
            tf.io.decode_png(image, channels=3)
    except (*_PIL_ERRORS, tf.errors.OpError) as error:
        if _LAST_BYTES[kind] not in image[-_TAIL:]:
            raise UnusablePhotograph(
                Reason.TRUNCATED_IMAGE, f"the {kind} file ends after {len(image)} bytes"
            ) from error
        raise UnusablePhotograph(Reason.UNDECODABLE_IMAGE, _first_line(error)) from error
    return height, width


def read_mask(mask: bytes) -> NDArray[np.uint8]:
    """Decodes a mask.

    Args:
        mask: A GIF or PNG file of black and one other colour.

    Returns:
        uint8 [H, W], 0 or 255.

    Raises:
        UnusablePhotograph: If it is broken, has not two values, is empty, or has its shape in an
            alpha channel.
    """
    try:
        with Image.open(io.BytesIO(mask), formats=_MASK_FORMATS) as opened:
            # The colours count, not a palette's indices: writers number them as they like.
            gray = opened.convert("L")
            histogram = gray.histogram()
            pixels = np.asarray(gray)
            transparent = "A" in opened.getbands() or "transparency" in opened.info
            if transparent and opened.convert("RGBA").getchannel("A").getextrema() != (255, 255):
                raise UnusablePhotograph(
                    Reason.MASK_VALUES, "it has transparent pixels; save it without"
                )
    except _PIL_ERRORS as error:
        raise UnusablePhotograph(
            Reason.UNDECODABLE_MASK, f"not a readable GIF or PNG file ({_first_line(error)})"
        ) from error
    values = [value for value, pixels_of_value in enumerate(histogram) if pixels_of_value]
    if values == [0]:
        raise UnusablePhotograph(Reason.EMPTY_MASK, "no pixel is car")
    if len(values) != 2 or values[0] != 0:
        shown = ", ".join(map(str, values[:5])) + (" ..." if len(values) > 5 else "")
        raise UnusablePhotograph(Reason.MASK_VALUES, f"expected 0 and one other, found {shown}")
    return cv2.compare(pixels, 0, cv2.CMP_GT)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", error)).partition("\n")[0]


def _bytes(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _int64(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
