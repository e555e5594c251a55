"""Cuts the object out of a photograph: its mask becomes the alpha channel."""

import cv2
import numpy as np


def cut_out(photograph: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Joins a photograph and its mask.

    Args:
        photograph: uint8 [H, W, 3], in any order of colours.
        alpha: uint8 [H, W], 255 on the object.

    Returns:
        uint8 [H, W, 4]: the photograph's colours, also where they do not show, so that the edge can
        still be moved by hand; opaque where ``alpha`` is 255.
    """
    return cv2.merge([photograph, alpha])
