"""Where the tiles of a photograph lie, and how much each counts where they overlap.

A model shrinks whatever it is given to its own input. Of a photograph that is much larger, it sees
more in parts: the photograph is cut into overlapping tiles of one size, and their answers are
blended so that no seam is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from batch.masking import Tile


@dataclass(frozen=True)
class TilePlace:
    """A tile's pixels in its photograph: rows [top, bottom), columns [left, right)."""

    top: int
    bottom: int
    left: int
    right: int


def tile_places(height: int, width: int, tile: Tile | None) -> list[TilePlace]:
    """Lays tiles over a photograph.

    As few as cover it with at least the overlap that is asked for, spread evenly, so that the first
    begins and the last ends at the edge.

    Args:
        height: Of the photograph, pixels.
        width: Of the photograph, pixels.
        tile: Size and overlap; None for one tile that is the photograph.

    Returns:
        The tiles row by row. One, the photograph itself, if it is no larger than a tile.
    """
    if tile is None:
        return [TilePlace(0, height, 0, width)]
    return [
        TilePlace(top, bottom, left, right)
        for top, bottom in _spans(height, tile.height, tile.overlap)
        for left, right in _spans(width, tile.width, tile.overlap)
    ]


def tile_weights(place: TilePlace, height: int, width: int) -> NDArray[np.float32]:
    """Returns how much each pixel of a tile counts: float32 [tile height, tile width], above 0.

    It falls evenly from the middle of the tile to its sides, but not to a side that is the
    photograph's own.
    """
    rows = _ramp(place.bottom - place.top, place.top > 0, place.bottom < height)
    columns = _ramp(place.right - place.left, place.left > 0, place.right < width)
    return np.outer(rows, columns).astype(np.float32)


def _spans(length: int, tile: int, overlap: int) -> Iterator[tuple[int, int]]:
    if length <= tile:
        yield 0, length
        return
    count = -(-(length - overlap) // (tile - overlap))
    for index in range(count):
        start = round(index * (length - tile) / (count - 1))
        yield start, start + tile


def _ramp(length: int, falls_first: bool, falls_last: bool) -> NDArray[np.float64]:
    steps = np.arange(1, length + 1, dtype=np.float64)
    middle = np.full(length, (length + 1) / 2)
    rising = np.minimum(steps, middle) if falls_first else middle
    falling = np.minimum(steps[::-1], middle) if falls_last else middle
    return np.minimum(rising, falling) / middle
