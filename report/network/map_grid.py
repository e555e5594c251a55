"""Draws the maps of a layer beside each other, small enough for a page."""

import cv2
import numpy as np
from numpy.typing import NDArray

_GAP = 4  # pixels
_GREY = 128  # fits light and dark
_COLOURS = cv2.COLORMAP_VIRIDIS


def map_grid(
    maps: NDArray[np.float32], columns: int, tile: int, longest: int | None = None
) -> NDArray[np.uint8]:
    """Draws maps in the colours of viridis, each from its own least to its own greatest value.

    Small maps are enlarged without smoothing, so that one can see how few pixels a layer has.

    Args:
        maps: float32 [H, W, C].
        columns: Maps in a row, at most.
        tile: Width of a map in the drawing, pixels; its height follows.
        longest: Limit of that height, for upright photographs; ``tile`` by default.

    Returns:
        uint8 [h, w, 3], BGR; a map that is the same everywhere is of the darkest colour.
    """
    height, width, count = maps.shape
    # Of the whole map, so that a constant one is not divided by zero.
    low = maps.min(axis=(0, 1), keepdims=True)
    span = maps.max(axis=(0, 1), keepdims=True) - low
    levels = 255.0 * (maps - low) / np.where(span > 0.0, span, 1.0)
    levels = np.rint(levels).astype(np.uint8)
    scale = min(tile / width, (longest or tile) / height)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_NEAREST
    tiles = [
        cv2.applyColorMap(cv2.resize(levels[..., index], size, interpolation=how), _COLOURS)
        for index in range(count)
    ]
    return tile_grid(tiles, columns)


def tile_grid(
    tiles: list[NDArray[np.uint8]], columns: int, between: int = _GREY
) -> NDArray[np.uint8]:
    """Lays pictures of the same size out in rows.

    Args:
        tiles: uint8 [h, w, 3], BGR, at least one.
        columns: In a row, at most.
        between: Grey level of the gap between them.

    Returns:
        uint8 [H, W, 3], BGR.
    """
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    height, width = tiles[0].shape[:2]
    drawn = np.full(
        (rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP, 3), between, np.uint8
    )
    for index, tile in enumerate(tiles):
        top, left = (index // columns) * (height + _GAP), (index % columns) * (width + _GAP)
        drawn[top : top + height, left : left + width] = tile
    return drawn
