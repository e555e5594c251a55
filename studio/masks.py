"""Masks as Carvana stores them: two-valued palette GIFs, and run-length strings in a CSV file."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

Mask = npt.NDArray[np.uint8]
PALETTE = bytes([0, 0, 0, 255, 255, 255])
"""Black for 0 and white for 1, so that a viewer shows the mask."""


def encode_gif(mask: Mask) -> bytes:
    """Returns a mask, [H, W] uint8 of 0 and 1, as a palette GIF that decodes to the same values."""
    _check(mask)
    picture = Image.fromarray(mask)
    picture.putpalette(PALETTE)
    file = io.BytesIO()
    picture.save(file, "GIF", optimize=False)
    return file.getvalue()


def encode_runs(mask: Mask) -> str:
    """Returns a mask as "start length start length ...".

    Args:
        mask: [H, W] uint8 of 0 and 1.

    Returns:
        Runs of 1 in rising order; pixels are numbered from 1, left to right, then top to bottom.
        Empty for an empty mask.
    """
    _check(mask)
    padded = np.concatenate([[0], mask.ravel(), [0]])
    starts, ends = np.flatnonzero(np.diff(padded)).reshape(-1, 2).T
    runs = np.stack([starts + 1, ends - starts], axis=1)
    return " ".join(map(str, runs.ravel().tolist()))


def decode_runs(runs: str, height: int, width: int) -> Mask:
    """Returns the mask that `encode_runs` was given, [height, width] uint8 of 0 and 1.

    Raises:
        ValueError: if the numbers do not pair up or a run leaves the picture.
    """
    numbers = np.array([int(number) for number in runs.split()], dtype=np.int64)
    if len(numbers) % 2:
        raise ValueError(f"run-length string holds {len(numbers)} numbers, which is not pairs")
    mask = np.zeros(height * width, np.uint8)
    for start, length in numbers.reshape(-1, 2).tolist():
        if start < 1 or length < 1 or start - 1 + length > mask.size:
            raise ValueError(f"run {start} {length} leaves a picture of {mask.size} pixels")
        mask[start - 1 : start - 1 + length] = 1
    return mask.reshape(height, width)


def _check(mask: Mask) -> None:
    if mask.ndim != 2 or mask.dtype != np.uint8 or mask.max(initial=0) > 1:
        raise ValueError(f"mask must be [H, W] uint8 of 0 and 1, not {mask.dtype} {mask.shape}")
