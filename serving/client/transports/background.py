"""What a composite puts behind the object: one colour, or a picture."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from serving.client.errors import InvalidPhotograph
from serving.client.pictures.hex_colour import parse_hex_colour
from serving.client.pictures.shown_photograph import decode_shown


class UnusableBackground(Exception):
    """The background cannot be read; the text is one line for the user."""


class Background(Protocol):
    """Something that fills a frame of any size."""

    def pixels(self, height: int, width: int) -> np.ndarray:
        """Returns uint8 [height, width, 3], blue, green and red; read only."""


@dataclass(frozen=True)
class SolidBackground:
    """One colour.

    Attributes:
        rgb: Red, green and blue, 0 to 255.
    """

    rgb: tuple[int, int, int]

    def pixels(self, height: int, width: int) -> np.ndarray:
        """Returns uint8 [height, width, 3], blue, green and red; read only."""
        return np.broadcast_to(np.array(self.rgb[::-1], np.uint8), (height, width, 3))


class PictureBackground:
    """A picture, scaled until it covers the frame and cut off evenly on both sides."""

    def __init__(self, picture: np.ndarray) -> None:
        """Keeps the picture, uint8 [H, W, 3], blue, green and red."""
        self._picture = picture
        # The photographs of a folder are mostly of one size.
        self._cached = functools.lru_cache(maxsize=2)(self._scaled)

    def pixels(self, height: int, width: int) -> np.ndarray:
        """Returns uint8 [height, width, 3], blue, green and red; read only."""
        return self._cached(height, width)

    def _scaled(self, height: int, width: int) -> np.ndarray:
        rows, columns = self._picture.shape[:2]
        scale = max(height / rows, width / columns)
        kept_rows = min(rows, max(1, round(height / scale)))
        kept_columns = min(columns, max(1, round(width / scale)))
        top, left = (rows - kept_rows) // 2, (columns - kept_columns) // 2
        part = self._picture[top : top + kept_rows, left : left + kept_columns]
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        return cv2.resize(part, (width, height), interpolation=method)


def read_background(text: str) -> Background:
    """Reads what the user named.

    Args:
        text: A colour as ``#rgb`` or ``#rrggbb``, or the name of a JPEG or PNG file; a file whose
            name starts with # is written ``./#name``.

    Raises:
        UnusableBackground: It is neither.
    """
    if text.startswith("#"):
        try:
            return SolidBackground(parse_hex_colour(text))
        except ValueError as error:
            raise UnusableBackground(str(error)) from error
    try:
        return PictureBackground(decode_shown(Path(text).read_bytes()))
    except OSError as error:
        raise UnusableBackground(f"Cannot read the background {text}: {error.strerror}.") from error
    except InvalidPhotograph as error:
        raise UnusableBackground(f"The background {text}: {error}") from error
