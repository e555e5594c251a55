"""Cuts the object out of a photograph: its mask becomes the alpha channel."""

import cv2
import numpy as np

from serving.client.errors import InvalidPhotograph

# As stored: the model sees the pixels before any EXIF rotation, and so must the cutout.
_AS_STORED = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def cutout_png(image_bytes: bytes, mask_png_bytes: bytes) -> bytes:
    """Joins a photograph and its mask.

    Args:
        image_bytes: A JPEG or PNG file.
        mask_png_bytes: Its mask, a one-channel PNG file of the same size, 0 to 255.

    Returns:
        An RGBA PNG file: the photograph's colours, opaque where the mask is 255.

    Raises:
        InvalidPhotograph: The photograph cannot be decoded, or is not of the mask's size.
    """
    photograph = cv2.imdecode(np.frombuffer(image_bytes, np.uint8), _AS_STORED)
    mask = cv2.imdecode(np.frombuffer(mask_png_bytes, np.uint8), cv2.IMREAD_GRAYSCALE)
    if photograph is None or mask is None:
        raise InvalidPhotograph("Cannot decode it to cut it out: save it again as JPEG or PNG.")
    if photograph.shape[:2] != mask.shape:
        raise InvalidPhotograph(
            f"The photograph is {photograph.shape[1]}x{photograph.shape[0]} and its mask "
            f"{mask.shape[1]}x{mask.shape[0]}: push a model exported by this project."
        )
    return cv2.imencode(".png", cv2.merge([photograph, mask]))[1].tobytes()
