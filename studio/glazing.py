"""Windows and what is dimly seen through them."""

from __future__ import annotations

import numpy as np

from studio.bodywork import Bodywork
from studio.materials import Material
from studio.mesh import MeshBuilder, Part
from studio.shell import patch

SILL, LINTEL = 0.07, 0.82
"""Lower and upper edge of the side windows, as the cabin's parameter v."""


def add_glazing(builder: MeshBuilder, work: Bodywork, detail: int) -> None:
    """Adds windshield, rear window, side windows with their frames, and the seats behind them.

    Args:
        builder: receives the quads.
        work: the car's surfaces.
        detail: 1 for photographs up to 480 pixels wide, more for finer quads.
    """
    inside = (0.0, 0.0, work.shape.height * 0.5)

    def pane(
        s0: float, s1: float, v0: float, v1: float, material: Material, layer: int, lean: float = 0
    ) -> None:
        corners = np.array([[s0, v0], [s1, v0], [s1 - lean, v1], [s0 + lean, v1]])
        columns = max(1, round(abs(s1 - s0) * 6)) * detail
        points = patch(work.cabin, corners, 4 * detail, columns)
        builder.add_grid(points, material, Part.CABIN_DETAIL, inside, layer)

    pane(-0.95, 0.95, 0.03, 0.90, Material.SEAM, 0)
    pane(-0.91, 0.91, 0.05, 0.87, Material.WINDSHIELD, 1, 0.02)
    for s in (-0.48, 0.48):
        pane(s - 0.17, s + 0.17, 0.30, 0.52, Material.SEAT, 2, 0.03)
    for side in (1, -1):
        pane(side * 2.18, side * 3, 0.12, 0.86, Material.WINDSHIELD, 1, side * 0.03)
        pane(side * 2.4, side * 2.75, 0.18, 0.42, Material.SEAT, 2, side * 0.04)
        front, rear = 1.05, 1.95
        pane(side * front, side * rear, SILL - 0.03, LINTEL + 0.035, Material.CHROME, 0)
        edges = [0.0, *work.shape.pillars, 1.0]
        for first, last in zip(edges[:-1], edges[1:], strict=True):
            s0, s1 = (front + (rear - front) * edge for edge in (first, last))
            s0, s1 = s0 + 0.012, s1 - 0.014
            pane(side * s0, side * s1, SILL, LINTEL, Material.SIDE_GLASS, 1)
            if last - first > 0.3:
                middle = s0 + (s1 - s0) * 0.62
                pane(side * (middle - 0.06), side * (middle + 0.06), SILL, 0.30, Material.SEAT, 2)
                top = middle + 0.01
                pane(side * (top - 0.03), side * (top + 0.03), 0.30, 0.50, Material.SEAT, 2)
        for edge in work.shape.pillars:
            s = front + (rear - front) * edge
            pane(side * (s - 0.012), side * (s + 0.012), SILL, LINTEL, Material.SHADOWED, 3)
