"""Averages masks as they come, so that none is kept."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


class AverageMasks:
    """Sums of masks by pose; sums of whole numbers, so that their order does not matter."""

    def __init__(self) -> None:
        """Starts with none."""
        self._sums: dict[int, NDArray[np.int64]] = {}
        self._counts: dict[int, int] = {}

    def add(self, pose: int, mask: NDArray[np.uint8]) -> None:
        """Adds a mask.

        Args:
            pose: Of its photograph.
            mask: uint8 [h, w], 0..255, always of one size.
        """
        self.add_sum(pose, mask.astype(np.int64), 1)

    def add_sum(self, pose: int, masks: NDArray[np.int64], count: int) -> None:
        """Adds masks that were added up elsewhere.

        Args:
            pose: Of their photographs.
            masks: int64 [h, w], their sum.
            count: How many they are.
        """
        self._sums[pose] = self._sums.get(pose, 0) + masks
        self._counts[pose] = self._counts.get(pose, 0) + count

    def sums(self) -> dict[int, tuple[NDArray[np.int64], int]]:
        """Returns by pose what ``add_sum`` takes."""
        return {pose: (masks, self._counts[pose]) for pose, masks in self._sums.items()}

    def means(self) -> Mapping[int | None, NDArray[np.float32]]:
        """Returns float32 [h, w], 0..1, by pose in rising order; None is the mean over all."""
        sums = dict(sorted(self.sums().items()))
        if not sums:
            return {}
        masks, counts = zip(*sums.values(), strict=True)
        means: dict[int | None, NDArray[np.float32]] = {
            None: _mean(np.sum(masks, axis=0), sum(counts))
        }
        return means | {pose: _mean(*of) for pose, of in sums.items()}


def _mean(masks: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    return (masks / (255 * count)).astype(np.float32)
