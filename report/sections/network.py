"""What a network's layers make of a photograph, and the filters it begins with."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from report.network.activations import LayerMaps
from report.network.first_filters import FirstFilters
from report.network.map_grid import map_grid
from report.picture import Picture, picture_of
from report.section import Section
from report.template import render

_LONGEST = 320  # pixels, of the photograph and of single maps
_TILE = 112  # of each of several maps
_COLUMNS = 4


def network(
    identity: str,
    title: str,
    image_id: str,
    dice: float | None,
    photograph: NDArray[np.uint8],
    layers: Sequence[LayerMaps],
    filters: Sequence[FirstFilters],
) -> Section:
    """Builds the section.

    Args:
        identity: Of the section.
        title: The same.
        image_id: Of the photograph.
        dice: Of the network's mask of it, at full size; None where it is not known.
        photograph: uint8 [H, W, 3], RGB, as the network sees it.
        layers: Its maps, in the order of the network.
        filters: Of the layers that read the photograph.
    """
    return Section(
        identity,
        title,
        render(
            "network.html",
            image_id=image_id,
            dice=dice,
            photograph=_photograph(photograph, image_id),
            layers=[_layer(each) for each in layers],
            several=any(each.maps.shape[-1] > 1 for each in layers),
            filters=[_filters(each) for each in filters],
        ),
    )


def no_network(identity: str, title: str) -> Section:
    """Builds the section of a network whose files are gone.

    Args:
        identity: Of the section.
        title: The same.
    """
    return Section(identity, title, render("no_network.html"))


def _photograph(pixels: NDArray[np.uint8], image_id: str) -> Picture:
    height, width = pixels.shape[:2]
    shown = pixels[..., ::-1]
    if max(height, width) > _LONGEST:
        scale = _LONGEST / max(height, width)
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        shown = cv2.resize(shown, size, interpolation=cv2.INTER_AREA)
    return picture_of(
        np.ascontiguousarray(shown),
        f"Photograph {image_id} at the network's size",
        "what the network sees",
        f"{width}x{height}",
    )


def _layer(layer: LayerMaps) -> Picture:
    height, width, count = layer.shape
    shown = layer.maps.shape[-1]
    grid = map_grid(layer.maps, _COLUMNS, _TILE if shown > 1 else _LONGEST)
    size = f"{width}x{height}, {count} map{'s' if count > 1 else ''}"
    silent = f"{layer.silent} without any pattern" if layer.silent else ""
    return picture_of(
        grid, f"Maps of layer {layer.name}", layer.name, size, *filter(None, [silent])
    )


def _filters(filters: FirstFilters) -> Picture:
    count = (
        f"{filters.shown} of {filters.count}" if filters.shown < filters.count else filters.count
    )
    return picture_of(
        filters.drawing,
        f"Filters of layer {filters.name}",
        filters.name,
        f"{count} filters, each of {filters.side}x{filters.side} pixels of what the network sees",
    )
