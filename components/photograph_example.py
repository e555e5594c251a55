"""Turns one photograph and its mask into an example of the data contract, or says why not."""

import functools
import io
from collections.abc import Callable

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from components.photograph_folder import Photograph
from components.quarantine import Reason, UnusablePhotograph
from pipeline import features
from pipeline.config import PhotographLimits
from trainer.photograph.jpeg_header import JPEG_MAGIC
from trainer.photograph.photograph_check import OVER_LIMIT, check_photograph
from trainer.photograph.photograph_header import CUT_SHORT
from trainer.photograph.read_header import shown_size

_MASK_FORMATS = ("GIF", "PNG")
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


def photograph_example(
    photograph: Photograph, image: bytes, mask: bytes, limits: PhotographLimits
) -> tf.train.Example:
    """Checks both files and builds the example.

    Args:
        photograph: Name, car, pose and metadata.
        image: The photograph's file.
        mask: The mask's file.
        limits: What the photograph may be.

    Returns:
        An example with all features of pipeline/features.py.

    Raises:
        UnusablePhotograph: If either file cannot be used; says why.
    """
    height, width = check_image(image, limits)
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


def check_image(image: bytes, limits: PhotographLimits) -> tuple[int, int]:
    """Makes sure that the exported model will take a photograph and Transform can decode it.

    Args:
        image: The file.
        limits: What it may be.

    Returns:
        Height and width in pixels of the photograph as it is shown: EXIF's orientation counts.

    Raises:
        UnusablePhotograph: If it is no JPEG or PNG, too large, cut short or broken.
    """
    size, fault = (tensor.numpy() for tensor in _header_check(limits)(image))
    height, width = map(int, size)
    if fault:
        text = fault.decode()
        reason = Reason.UNDECODABLE_IMAGE
        if text.endswith(OVER_LIMIT):
            reason = Reason.TOO_LARGE
        elif text.startswith(CUT_SHORT):
            reason = Reason.TRUNCATED_IMAGE
        raise UnusablePhotograph(reason, f"it {text}")
    try:
        if image.startswith(JPEG_MAGIC):
            tf.io.decode_jpeg(image, channels=3, ratio=_PROBE_RATIO)
        else:
            tf.io.decode_png(image, channels=3)
    except tf.errors.OpError as error:
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


@functools.cache
def _header_check(limits: PhotographLimits) -> Callable[[bytes], tuple[tf.Tensor, tf.Tensor]]:
    """Returns the check that the exported model has at its door, ready to run."""

    def size_and_fault(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        header = check_photograph(image, limits)
        return shown_size(header), header.fault

    return tf.function(
        size_and_fault, input_signature=[tf.TensorSpec([], tf.string)], autograph=False
    )


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", error)).partition("\n")[0]


def _bytes(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _int64(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
