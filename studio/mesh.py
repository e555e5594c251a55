"""Cars as bags of quads: the one geometric type that bodywork, wheels and fittings become.

A quad knows its material and the part of the car it belongs to; parts are what the painter's order
sorts first. The car's frame: x forward from the middle of the car's length, y to the
car's left, z up from the road; metres.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from studio.materials import Material

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Part(IntEnum):
    """What a quad belongs to, for the painter's order."""

    TREAD_LEFT = 0
    TREAD_RIGHT = 1
    UNDERBODY = 2
    BODY = 3
    BODY_DETAIL = 4
    WHEEL = 5
    CABIN = 6
    CABIN_DETAIL = 7
    MIRROR_LEFT = 8
    MIRROR_RIGHT = 9
    RAIL_LEFT = 10
    RAIL_RIGHT = 11
    SPOILER = 12
    ANTENNA = 13


@dataclass(frozen=True, eq=False)
class Mesh:
    """Quads of one car, in the car's frame.

    Attributes:
        corners: [N, 4, 3] metres, in order around each quad.
        normals: [N, 3] unit vectors pointing out of the car.
        materials: [N] values of `Material`.
        parts: [N] values of `Part`.
        layers: [N] within a part, lower layers are painted first whatever their depth.
    """

    corners: Floats
    normals: Floats
    materials: Ints
    parts: Ints
    layers: Ints


@dataclass
class MeshBuilder:
    """Collects grids of quads and joins them into one mesh."""

    _corners: list[Floats] = field(default_factory=list)
    _normals: list[Floats] = field(default_factory=list)
    _labels: list[Ints] = field(default_factory=list)

    def add_grid(
        self,
        points: Floats,
        material: Material,
        part: Part,
        outward_from: tuple[float, float, float],
        layer: int = 0,
    ) -> None:
        """Adds the quads of a grid of points.

        Args:
            points: [R, C, 3] metres; neighbouring points become (R-1) x (C-1) quads.
            material: of all of them.
            part: of all of them.
            outward_from: a point inside the solid; normals are turned to point away from it.
            layer: painted after lower layers of the same part.
        """
        corners = np.stack(
            [points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2
        ).reshape(-1, 4, 3)
        diagonals = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
        normals = np.cross(*diagonals)
        lengths = np.linalg.norm(normals, axis=1)
        solid = lengths > 1e-9
        # One sign for the whole grid, weighted by area: slivers have no direction to rely on.
        outward = float(np.sum(normals * (corners.mean(axis=1) - np.array(outward_from))))
        sign = 1.0 if outward > 0 else -1.0
        self._corners.append(corners[solid])
        self._normals.append(sign * normals[solid] / lengths[solid, None])
        self._labels.append(np.tile([int(material), int(part), layer], (int(solid.sum()), 1)))

    def add_box(
        self,
        centre: tuple[float, float, float],
        size: tuple[float, float, float],
        material: Material,
        part: Part,
        layer: int = 0,
    ) -> None:
        """Adds a box with bevelled ends: an octagonal prism along y.

        Args:
            centre: of the box, metres.
            size: full extent along x, y and z, metres.
            material: of all its faces.
            part: of all its faces.
            layer: painted after lower layers of the same part.
        """
        turns = np.linspace(0, 2 * np.pi, 9) + np.pi / 8
        ring = np.stack([np.cos(turns), np.zeros(9), np.sin(turns)], axis=1)
        ring *= np.array([size[0], 0, size[2]]) / 2 / np.cos(np.pi / 8)
        across = [(-0.5, 0.0), (-0.5, 0.8), (-0.4, 1.0), (0.4, 1.0), (0.5, 0.8), (0.5, 0.0)]
        rings = [ring * scale + np.array([0, y * size[1], 0]) for y, scale in across]
        self.add_grid(np.stack(rings) + np.array(centre), material, part, centre, layer)

    def build(self) -> Mesh:
        """Joins what was added."""
        labels = np.concatenate(self._labels)
        return Mesh(
            corners=np.concatenate(self._corners),
            normals=np.concatenate(self._normals),
            materials=labels[:, 0],
            parts=labels[:, 1],
            layers=labels[:, 2],
        )
