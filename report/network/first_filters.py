"""The filters of a network's first layer, as small pictures of what each looks for."""

from dataclasses import dataclass

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from report.network.map_grid import tile_grid

_SHOWN = 32
_TILE = 48  # pixels, about
_COLUMNS = 8
_BLACK = 0  # between filters: grey would look like a weight of nought


@dataclass(frozen=True)
class FirstFilters:
    """The filters of one layer that reads the photograph.

    Attributes:
        name: Of the layer.
        count: How many it has.
        side: Pixels of the photograph that a filter sees, in each direction.
        shown: How many are drawn.
        drawing: uint8 [h, w, 3], BGR. Grey is a weight of nought; each filter in its own scale.
    """

    name: str
    count: int
    side: int
    shown: int
    drawing: NDArray[np.uint8]


def first_filters(model: keras.Model, block: int = 1) -> tuple[FirstFilters, ...]:
    """Draws the filters of the layers that see the photograph's own colours.

    Those are convolutions that read its pixels, whether scaled or folded; where the network has a
    whole encoder as one of its layers, that one's first convolution as well.

    Args:
        model: With its weights.
        block: Of ``SpaceToDepth`` before the first convolution. A filter of k x k folded pixels is
            unfolded to the k * block pixels a side that it sees of the photograph.

    Raises:
        ValueError: If a filter does not read red, green and blue of such blocks.
    """
    networks = [model, *(each for each in model.layers if isinstance(each, keras.Model))]
    return tuple(_draw(layer, block) for each in networks for layer in _reading_the_input(each))


def _reading_the_input(network: keras.Model) -> list[keras.layers.Conv2D]:
    """Finds the convolutions between which and the input there are no weights."""
    return [
        layer
        for layer in network.layers
        if isinstance(layer, keras.layers.Conv2D)
        and not keras.Model(network.input, layer.input).weights
    ]


def _draw(layer: keras.layers.Conv2D, block: int) -> FirstFilters:
    kernel = np.asarray(layer.kernel, np.float32)
    filters = unfolded(kernel, block, layer.name)
    shown = filters[:_SHOWN]
    factor = max(_TILE // filters.shape[1], 1)
    tiles = []
    for weights in shown:
        largest = float(np.abs(weights).max()) or 1.0
        levels = np.rint(127.5 + 127.5 * weights / largest).astype(np.uint8)
        tiles.append(
            cv2.resize(
                levels[..., ::-1], None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST
            )
        )
    return FirstFilters(
        layer.name, len(filters), filters.shape[1], len(shown), tile_grid(tiles, _COLUMNS, _BLACK)
    )


def unfolded(kernel: NDArray[np.float32], block: int, name: str) -> NDArray[np.float32]:
    """Turns a kernel over folded pixels into filters over the photograph's.

    Args:
        kernel: float32 [k, k, block * block * 3, F], channels in the order of ``SpaceToDepth``.
        block: Pixels a side of a block.
        name: Of the layer, for the message.

    Returns:
        float32 [F, k * block, k * block, 3], red, green, blue.

    Raises:
        ValueError: If the kernel has other channels.
    """
    rows, columns, channels, count = kernel.shape
    if channels != 3 * block * block:
        raise ValueError(
            f"layer {name} reads {channels} channels, not three colours of blocks of "
            f"{block}x{block} pixels: its filters cannot be shown as pictures"
        )
    split = kernel.reshape(rows, columns, block, block, 3, count)
    return split.transpose(5, 0, 2, 1, 3, 4).reshape(count, rows * block, columns * block, 3)
