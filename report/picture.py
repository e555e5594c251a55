"""A picture that lies inside the page: a JPEG of a few kilobytes as a data URI."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_QUALITY = 80


@dataclass(frozen=True)
class Picture:
    """What the page shows.

    Attributes:
        uri: ``data:image/jpeg;base64,...``.
        width: Pixels.
        height: Pixels.
        alt: What is to be seen, for those who do not see it; plain text.
        caption: Lines below the picture; plain text.
    """

    uri: str
    width: int
    height: int
    alt: str
    caption: tuple[str, ...]


def picture_of(pixels: NDArray[np.uint8], alt: str, *caption: str) -> Picture:
    """Encodes a picture as it is.

    Args:
        pixels: uint8 [H, W, 3], BGR, or [H, W], gray; already as small as it is to be.
        alt: See ``Picture``.
        *caption: The same.
    """
    _, jpeg = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    uri = f"data:image/jpeg;base64,{base64.b64encode(jpeg.tobytes()).decode()}"
    height, width = pixels.shape[:2]
    return Picture(uri, width, height, alt, caption)
