"""Puts the object of a photograph in front of another background."""

import numpy as np


def composite(photograph: np.ndarray, alpha: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Mixes two pictures by a mask: ``alpha * photograph + (1 - alpha) * background``.

    The mix is made of the stored values, without undoing their gamma, as picture editors do it.

    Args:
        photograph: uint8 [H, W, 3].
        alpha: uint8 [H, W]; 255 shows the photograph alone, 0 the background alone.
        background: uint8 [H, W, 3], in the photograph's order of colours.

    Returns:
        uint8 [H, W, 3], rounded to the nearest.
    """
    mixed = np.where((alpha == 255)[..., np.newaxis], photograph, background)
    # Only an edge is soft: what is there to mix is a small part of the picture.
    soft = (alpha > 0) & (alpha < 255)
    weight = alpha[soft].astype(np.uint32)[:, np.newaxis]
    mixed[soft] = (photograph[soft] * weight + background[soft] * (255 - weight) + 127) // 255
    return mixed
