"""Averages masks as they come, so that none is kept."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


class AverageMasks:
    """Sums of masks, per pose and over all."""

    def __init__(self) -> None:
        """Starts with none."""
        self._sums: dict[int | None, NDArray[np.float64]] = {}
        self._counts: dict[int | None, int] = {}

    def add(self, pose: int, mask: NDArray[np.uint8]) -> None:
        """Adds a mask.

        Args:
            pose: Of its photograph.
            mask: uint8 [h, w], 0..255, always of one size.
        """
        for key in (None, pose):
            self._sums[key] = self._sums.get(key, 0.0) + mask.astype(np.float64)
            self._counts[key] = self._counts.get(key, 0) + 1

    def means(self) -> Mapping[int | None, NDArray[np.float32]]:
        """Returns float32 [h, w], 0..1, by pose in rising order; None is the mean over all."""
        keys = sorted(self._sums, key=lambda pose: -1 if pose is None else pose)
        return {
            key: (self._sums[key] / (255 * self._counts[key])).astype(np.float32) for key in keys
        }
