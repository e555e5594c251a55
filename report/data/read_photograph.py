"""Looks at one photograph and its mask, fast: decoded at a fraction of their size, once."""

import hashlib
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.photograph_example import check_image, read_mask
from components.photograph_file import read_photograph_file
from components.photograph_folder import Photograph
from components.quarantine import Reason, UnusablePhotograph
from components.split import split_of
from pipeline.config import DataConfig
from report.data.data_statistics import PhotographStatistics
from report.data.near_duplicates import Fingerprint, look_of

# libjpeg skips most of a decode that ends at a fraction of the size. Colours are means: 64 pixels
# on the short side are plenty.
_REDUCTIONS = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)
_SHORT_SIDE = 64
# Width and height of the masks that are averaged: at Carvana's size, a tenth of it.
AVERAGED_SIZE = (192, 128)


@dataclass(frozen=True)
class ReadPhotograph:
    """What is kept of a photograph that was looked at.

    Attributes:
        statistics: Its numbers.
        fingerprint: To find it again elsewhere.
        small_mask: uint8 [128, 192], 0..255, soft; None without a mask.
    """

    statistics: PhotographStatistics
    fingerprint: Fingerprint
    small_mask: NDArray[np.uint8] | None


def read_photograph(photograph: Photograph, config: DataConfig) -> ReadPhotograph:
    """Reads a photograph of a folder and, if it has one, its mask.

    Args:
        photograph: Where they are; an empty ``mask_path`` means that there is no mask.
        config: Gives the limits of a photograph and the shares of the splits.

    Raises:
        UnusablePhotograph: If either cannot be used, for the same reasons as in a run.
    """
    image = read_photograph_file(photograph.image_path)
    height, width = check_image(image, config.limits)
    mask = None
    if photograph.mask_path:
        mask = read_mask(read_photograph_file(photograph.mask_path))
        if mask.shape != (height, width):
            raise UnusablePhotograph(
                Reason.MASK_SIZE,
                f"mask is {mask.shape[1]}x{mask.shape[0]}, photograph is {width}x{height}",
            )
    split = split_of(photograph.group_id, config)
    return look_at(photograph, split, image, (height, width), mask)


def look_at(
    photograph: Photograph,
    split: str,
    image: bytes,
    size: tuple[int, int],
    mask: NDArray[np.uint8] | None,
) -> ReadPhotograph:
    """Takes the numbers of a photograph, wherever its bytes came from.

    Args:
        photograph: What is known of it.
        split: One of ``pipeline.features.SPLITS``.
        image: A JPEG or PNG file that a run can use.
        size: Height and width of it, as it is shown.
        mask: uint8 [height, width], 0 or 255; None without a mask.

    Raises:
        UnusablePhotograph: If OpenCV cannot decode the photograph.
    """
    height, width = size
    pixels = small_pixels(image, height, width)
    area, small_mask = None, None
    if mask is not None:
        area = cv2.countNonZero(mask) / mask.size
        small_mask = cv2.resize(mask, AVERAGED_SIZE, interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    colour, saturation = colour_of(pixels)
    return ReadPhotograph(
        PhotographStatistics(
            photograph=photograph,
            split=split,
            height=height,
            width=width,
            brightness=cv2.mean(gray)[0],
            colour=colour,
            saturation=saturation,
            mask_area=area,
        ),
        Fingerprint(photograph.image_id, split, hashlib.sha256(image).digest(), look_of(gray)),
        small_mask,
    )


def colour_of(pixels: NDArray[np.uint8]) -> tuple[tuple[float, float, float], float]:
    """Returns the mean colour and the mean saturation of a photograph.

    Args:
        pixels: uint8 [H, W, 3], BGR.

    Returns:
        Red, green and blue, 0..255 each; HSV's saturation, 0..1.
    """
    blue, green, red, _ = cv2.mean(pixels)
    saturation = cv2.mean(cv2.cvtColor(pixels, cv2.COLOR_BGR2HSV))[1] / 255
    return (red, green, blue), saturation


def small_pixels(image: bytes, height: int, width: int) -> NDArray[np.uint8]:
    """Decodes a photograph at an eighth of its size, or as small as 64 pixels allow.

    Args:
        image: A JPEG or PNG file.
        height: Its own.
        width: The same.

    Returns:
        uint8 [h, w, 3], BGR, turned as EXIF says.

    Raises:
        UnusablePhotograph: If OpenCV cannot decode it.
    """
    flag = next(
        (flag for fraction, flag in _REDUCTIONS if min(height, width) >= _SHORT_SIDE * fraction),
        cv2.IMREAD_COLOR,
    )
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), flag)
    if pixels is None:
        raise UnusablePhotograph(Reason.UNDECODABLE_IMAGE, "OpenCV cannot decode it")
    return pixels
