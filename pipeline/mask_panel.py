"""Draws a photograph beside its mask and with the mask laid over it."""

import cv2
import numpy as np
from numpy.typing import NDArray

_COLOUR = (64, 64, 255)  # BGR
_OPACITY = 0.45
_GAP = 8


def mask_panel(
    photograph: NDArray[np.uint8], mask: NDArray[np.uint8], width: int = 480
) -> NDArray[np.uint8]:
    """Draws the panel.

    Args:
        photograph: uint8 [H, W, 3], BGR.
        mask: uint8 [H, W], 0 or 255.
        width: Of each of the three pictures, pixels.

    Returns:
        uint8 [h, 3 * width + gaps, 3], BGR: photograph, mask, overlay.
    """
    overlay = mask_overlay(photograph, mask)
    height = round(photograph.shape[0] * width / photograph.shape[1])
    pictures = [
        cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
        for picture in (photograph, cv2.cvtColor(mask, cv2.COLOR_GRAY2BGR), overlay)
    ]
    gap = np.full((height, _GAP, 3), 255, np.uint8)
    return np.hstack([pictures[0], gap, pictures[1], gap, pictures[2]])


def mask_overlay(photograph: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lays the mask over its photograph, with an outline.

    Args:
        photograph: uint8 [H, W, 3], BGR.
        mask: uint8 [H, W], 0 or 255.

    Returns:
        uint8 [H, W, 3], BGR.
    """
    tinted = np.where(mask[..., None] > 0, np.array(_COLOUR, np.uint8), photograph)
    overlay = cv2.addWeighted(tinted, _OPACITY, photograph, 1.0 - _OPACITY, 0.0)
    outline, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(overlay, outline, -1, _COLOUR, max(1, photograph.shape[1] // 480))
