"""Outlines of masks and the distances between them.

Distances decide on every photograph for every model, so they have to be cheap. A distance
transform visits each pixel of the photograph (25 ms at 1918x1280, for either way); an outline is a
few thousand of them. ``squared_distances`` compares pixels with pixels and leaves out whole groups
that cannot hold the nearest one: the same distances in a millisecond.
"""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
# Of 8 to 64 pixels a tile and 8 to 32 a group, these were the fastest on Carvana's masks.
_TILE = 32
_GROUP = 16
_PAIRS_AT_ONCE = 256  # 256 kB of distances, which stay in the cache.
_MOST_PAIRS = 1_000_000


@dataclass(frozen=True, eq=False)
class Outline:
    """The outline of a mask as a list of pixels.

    A pixel of car is outline if a 4-neighbour of it is backdrop. What lies outside the photograph
    is neither: where the photograph cuts a car off, the cut is no outline, because no model has to
    find it, and all would be praised for it.

    Attributes:
        rows: int64 [n], of the outline's pixels in the photograph, top to bottom.
        columns: int64 [n].
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    @classmethod
    def of(cls, mask: NDArray[np.uint8], top: int = 0, left: int = 0) -> "Outline":
        """Finds the outline of a mask.

        Args:
            mask: uint8 [H, W]; non-zero is car, all by the same value. It may be a part of the
                photograph if all around that part is backdrop and the outermost pixels of the part
                are too, but for those at the photograph's own border.
            top: Of the part in the photograph, pixels.
            left: The same.

        Returns:
            The outline, without any pixel if the mask is all backdrop or all car.
        """
        # What lies outside counts as car for OpenCV's erosion.
        pixels = cv2.findNonZero(cv2.subtract(mask, cv2.erode(mask, _CROSS)))
        if pixels is None:
            pixels = np.zeros((0, 1, 2), np.int32)
        # [pixels, 1, 2] from OpenCV 4, [pixels, 2] from OpenCV 5.
        columns, rows = pixels.reshape(-1, 2).T.astype(np.int64)
        return cls(rows + top, columns + left)

    def __len__(self) -> int:
        """Returns the number of pixels."""
        return len(self.rows)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """int64 [16, m]: indices of pixels, a group per column, each in one tile of 32x32 pixels.

        Short groups repeat their last pixel. Asked only of outlines that have one.
        """
        tiles = self.rows // _TILE * (self.columns.max() // _TILE + 1) + self.columns // _TILE
        order = np.argsort(tiles, kind="stable")
        tiles = tiles[order]
        first = np.flatnonzero(np.diff(tiles, prepend=-1))
        in_tile = np.arange(len(tiles)) - np.repeat(first, np.diff(first, append=len(tiles)))
        starts = np.flatnonzero(in_tile % _GROUP == 0)
        ends = np.append(starts[1:], len(tiles))
        return order[np.minimum(starts + np.arange(_GROUP)[:, np.newaxis], ends - 1)]


def squared_distances(
    one: Outline, other: Outline
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Measures how far each pixel of an outline is from the nearest one of another, both ways.

    Args:
        one: An outline of at least one pixel.
        other: Another of the same photograph.

    Returns:
        Squared Euclidean distances in pixels: float32 [len(one)] to the other outline, and
        float32 [len(other)] to the first. Whole numbers, exact up to a distance of 4096; only those
        between outlines of noise, and a thousand pixels long, may be off by a few.
    """
    # Outlines of noise would take gigabytes.
    if one.groups.shape[1] * other.groups.shape[1] > _MOST_PAIRS:
        return _by_distance_transform(one, other), _by_distance_transform(other, one)
    return _by_groups(one, other)


def _by_distance_transform(one: Outline, other: Outline) -> NDArray[np.float32]:
    rows, columns = np.append(one.rows, other.rows), np.append(one.columns, other.columns)
    top, left = rows.min(), columns.min()
    backdrop = np.ones((rows.max() - top + 1, columns.max() - left + 1), np.uint8)
    backdrop[other.rows - top, other.columns - left] = 0
    distance = cv2.distanceTransform(backdrop, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV's roots are off in their last digits; the squares are whole numbers.
    return np.rint(np.square(distance[one.rows - top, one.columns - left]))


def _by_groups(one: Outline, other: Outline) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mine, yours = [
        [axis.astype(np.float32)[outline.groups] for axis in (outline.rows, outline.columns)]
        for outline in (one, other)
    ]
    a, b = _near_pairs(mine, yours)
    to_b = np.empty((_GROUP, len(a)), np.float32)
    to_a = np.empty_like(to_b)
    for start in range(0, len(a), _PAIRS_AT_ONCE):
        some = slice(start, start + _PAIRS_AT_ONCE)
        squares = np.zeros((), np.float32)
        for of_mine, of_yours in zip(mine, yours, strict=True):
            # take: an index in brackets would give the result a memory layout of a third the speed.
            difference = of_mine.take(a[some], 1)[:, np.newaxis] - of_yours.take(b[some], 1)
            squares = squares + np.square(difference, out=difference)
        to_b[:, some] = squares.min(axis=1)
        to_a[:, some] = squares.min(axis=0)
    by_b = np.argsort(b, kind="stable")
    return _least(to_b, a, one), _least(to_a[:, by_b], b[by_b], other)


def _near_pairs(
    mine: list[NDArray[np.float32]], yours: list[NDArray[np.float32]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns which groups may hold the nearest pixel of one another, sorted by the first.

    A group's nearest pixel is no farther than the farthest point of the box around any other
    group; groups whose whole box is farther than that are left out.
    """
    nearest = farthest = np.zeros((), np.float32)
    for of_mine, of_yours in zip(mine, yours, strict=True):
        low, high = of_mine.min(axis=0)[:, np.newaxis], of_mine.max(axis=0)[:, np.newaxis]
        other_low, other_high = of_yours.min(axis=0), of_yours.max(axis=0)
        gap = np.maximum(np.maximum(low - other_high, other_low - high), 0)
        nearest = nearest + np.square(gap)
        farthest = farthest + np.square(np.maximum(high - other_low, other_high - low))
    a, b = np.nonzero(
        (nearest <= farthest.min(axis=1, keepdims=True)) | (nearest <= farthest.min(axis=0))
    )
    return a, b


def _least(
    squares: NDArray[np.float32], group: NDArray[np.int64], outline: Outline
) -> NDArray[np.float32]:
    """Returns each pixel's least value over the pairs of its group; ``group`` is sorted."""
    first = np.searchsorted(group, np.arange(outline.groups.shape[1]))
    least = np.empty(len(outline), np.float32)
    least[outline.groups] = np.minimum.reduceat(squares, first, axis=1)
    return least
