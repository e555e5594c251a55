"""Turns one photograph and its mask into an example of the data contract, or says why not."""

import functools
import io
from collections.abc import Callable

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from components.jpeg_probe import probe_jpeg
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
# Sum of red, green and blue that is more than 0 as gray, whatever the weights.
_SURELY_BRIGHT = 30
_SMALLEST_FOR_OPENCV = 64


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
    pixels = read_mask(mask, (height, width))
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
    # Once, not by each that reads it: a copy of the file is made.
    file = tf.constant(image)
    height, width = _checked_size(file, limits)
    try:
        if image.startswith(JPEG_MAGIC):
            probe_jpeg(image, file)
        else:
            tf.io.decode_png(file, channels=3)
    except tf.errors.OpError as error:
        raise UnusablePhotograph(Reason.UNDECODABLE_IMAGE, _first_line(error)) from error
    return height, width


def check_header(image: bytes, limits: PhotographLimits) -> tuple[int, int]:
    """Does what ``check_image`` does, but for what takes time: it decodes nothing.

    Args:
        image: The file.
        limits: What it may be.

    Returns:
        Height and width in pixels of the photograph as it is shown: EXIF's orientation counts.

    Raises:
        UnusablePhotograph: If it is no JPEG or PNG, too large or cut short.
    """
    return _checked_size(tf.constant(image), limits)


def read_mask(mask: bytes, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Decodes a mask.

    Args:
        mask: A GIF or PNG file of black and one other colour.
        size: Height and width of its photograph; a mask whose header says another is not decoded.

    Returns:
        uint8 [H, W], 0 or 255.

    Raises:
        UnusablePhotograph: If it is broken, of another size, has not two values, is empty, or has
            its shape in an alpha channel.
    """
    try:
        with Image.open(io.BytesIO(mask), formats=_MASK_FORMATS) as opened:
            if size is not None and size != (opened.height, opened.width):
                raise UnusablePhotograph(
                    Reason.MASK_SIZE,
                    f"mask is {opened.width}x{opened.height}, photograph is {size[1]}x{size[0]}",
                )
            car = _car_of_two_values(opened)
            # The colours count, not a palette's indices: writers number them as they like.
            pixels = np.asarray(opened.convert("L")) if car is None else car
            transparent = "A" in opened.getbands() or "transparency" in opened.info
            if transparent and opened.convert("RGBA").getchannel("A").getextrema() != (255, 255):
                raise UnusablePhotograph(
                    Reason.MASK_VALUES, "it has transparent pixels; save it without"
                )
    except _PIL_ERRORS as error:
        raise UnusablePhotograph(
            Reason.UNDECODABLE_MASK, f"not a readable GIF or PNG file ({_first_line(error)})"
        ) from error
    if car is not None:
        return car
    values = np.flatnonzero(cv2.calcHist([pixels], [0], None, [256], [0, 256])).tolist()
    if values == [0]:
        raise UnusablePhotograph(Reason.EMPTY_MASK, "no pixel is car")
    if len(values) != 2 or values[0] != 0:
        shown = ", ".join(map(str, values[:5])) + (" ..." if len(values) > 5 else "")
        raise UnusablePhotograph(Reason.MASK_VALUES, f"expected 0 and one other, found {shown}")
    return np.where(pixels > 0, np.uint8(255), np.uint8(0))


def _car_of_two_values(image: Image.Image) -> NDArray[np.uint8] | None:
    """Returns the mask of what nearly every file is, black and one colour; None of all others.

    To turn a palette's indices into colours, and to count them, takes longer than to decode them.
    """
    # To OpenCV a picture of a few pixels is a scalar.
    if image.mode not in ("L", "P") or image.width * image.height < _SMALLEST_FOR_OPENCV:
        return None
    values = np.asarray(image)
    highest = int(cv2.minMaxLoc(values)[1])
    high = cv2.compare(values, highest, cv2.CMP_EQ)
    if not 0 < cv2.countNonZero(values) == cv2.countNonZero(high) < values.size:
        return None
    if image.mode == "L":
        return high
    palette = image.getpalette() or []
    first, last = (sum(palette[3 * index : 3 * index + 3]) for index in (0, highest))
    # A colour that is nearly black may become black as gray: that is left to Pillow.
    if first == 0 and last >= _SURELY_BRIGHT:
        return high
    if last == 0 and first >= _SURELY_BRIGHT and len(palette) > 3 * highest:
        return cv2.bitwise_not(high)
    return None


@functools.cache
def _header_check(limits: PhotographLimits) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Returns the check that the exported model has at its door, ready to run."""

    def size_and_fault(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        header = check_photograph(image, limits)
        return shown_size(header), header.fault

    check = tf.function(size_and_fault, autograph=False)
    return check.get_concrete_function(tf.TensorSpec([], tf.string))


def _checked_size(file: tf.Tensor, limits: PhotographLimits) -> tuple[int, int]:
    (height, width), fault = (tensor.numpy() for tensor in _header_check(limits)(file))
    if fault:
        text = fault.decode()
        reason = Reason.UNDECODABLE_IMAGE
        if text.endswith(OVER_LIMIT):
            reason = Reason.TOO_LARGE
        elif text.startswith(CUT_SHORT):
            reason = Reason.TRUNCATED_IMAGE
        raise UnusablePhotograph(reason, f"it {text}")
    return int(height), int(width)


def _first_line(error: Exception) -> str:
    return str(getattr(error, "message", error)).partition("\n")[0]


def _bytes(value: bytes) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


def _int64(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
