"""A photograph's pixels the way it is shown, and the mask that fits them.

The model answers in the geometry in which a viewer shows the photograph, so whatever joins the two
must turn the photograph by its EXIF orientation first.
"""

import cv2
import numpy as np

from serving.client.errors import InvalidPhotograph
from serving.client.pictures.jpeg_segments import adobe_marker_is_missing
from serving.client.pictures.png_chunks import without_chunk


def decode_shown(image_bytes: bytes) -> np.ndarray:
    """Decodes a photograph.

    Args:
        image_bytes: A JPEG or PNG file: gray, colour, CMYK, 8 or 16 bits.

    Returns:
        uint8 [H, W, 3], blue, green and red, turned by the EXIF orientation. Of 16 bits the upper 8
        are kept, and an alpha channel is dropped, as in what the model sees.

    Raises:
        InvalidPhotograph: It cannot be decoded, or its colours cannot be known.
    """
    if adobe_marker_is_missing(image_bytes):
        raise InvalidPhotograph(
            "A CMYK file that does not say how its colours are stored: convert it to RGB."
        )
    # IMREAD_COLOR applies the orientation, and turns Adobe's (inverted) CMYK into colours. It has
    # no use for a colour profile, and libpng complains about common ones on the user's screen.
    photograph = _decode(without_chunk(image_bytes, b"iCCP"), cv2.IMREAD_COLOR)
    if photograph is None:
        raise InvalidPhotograph("Cannot decode its colours: save it again as JPEG or PNG.")
    return photograph


def decode_mask(mask_png_bytes: bytes) -> np.ndarray:
    """Decodes a mask, as the server sends it, to uint8 [H, W].

    Raises:
        InvalidPhotograph: The bytes are no picture.
    """
    mask = _decode(mask_png_bytes, cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise InvalidPhotograph("What came back is no PNG file: push a model of this project.")
    return mask


def decode_pair(image_bytes: bytes, mask_png_bytes: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Decodes a photograph and its mask.

    Returns:
        uint8 [H, W, 3], see ``decode_shown``, and uint8 [H, W].

    Raises:
        InvalidPhotograph: One of the two cannot be decoded, or they are not of one size.
    """
    photograph, mask = decode_shown(image_bytes), decode_mask(mask_png_bytes)
    if photograph.shape[:2] != mask.shape:
        raise InvalidPhotograph(
            f"The photograph is {photograph.shape[1]}x{photograph.shape[0]} and its mask "
            f"{mask.shape[1]}x{mask.shape[0]}: push a model exported by this project."
        )
    return photograph, mask


def _decode(file: bytes, flags: int) -> np.ndarray | None:
    """Decodes a picture; None if it cannot be."""
    try:
        return cv2.imdecode(np.frombuffer(file, np.uint8), flags)
    except cv2.error:  # an empty file, or one with more pixels than OpenCV takes
        return None
