"""Lofted shells: a rounded floor plan pulled upwards, as both body and cabin of a car are.

A shell is a surface with two parameters. `s` runs around the plan: 0 in the middle of the front, 1
at the front corner, 2 at the rear corner, 3 in the middle of the rear; negative on the car's right.
`v` runs from the foot (0) to the head (1). Doors, lights and windows are then rectangles in (s, v),
whatever the shell's shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Surface = Callable[[Floats, Floats], Floats]
"""Maps parameters s and v, of one shape [...], to points [..., 3] in metres."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Left half of a superelliptic outline, tabulated against s.

    Attributes:
        s: [K] parameter, 0..3, rising.
        xy: [K, 2] metres.
        normal: [K, 2] unit vectors pointing outwards.
    """

    s: Floats
    xy: Floats
    normal: Floats

    @classmethod
    def superellipse(
        cls,
        front: float,
        rear: float,
        half_width: float,
        front_exponent: float,
        rear_exponent: float,
    ) -> Plan:
        """Tabulates an outline.

        Args:
            front: x of the nose, metres.
            rear: x of the tail, metres; below `front`.
            half_width: largest y, metres.
            front_exponent: squareness of the nose, above 1; 2 is an ellipse.
            rear_exponent: squareness of the tail.

        Returns:
            The outline, spaced evenly by arc length within each of its three sides.
        """
        turn = np.linspace(0, np.pi, 721)
        exponent = np.where(turn <= np.pi / 2, front_exponent, rear_exponent)
        middle, half = (front + rear) / 2, (front - rear) / 2
        cosine = np.cos(turn)
        x = middle + half * np.sign(cosine) * np.abs(cosine) ** (2 / exponent)
        y = half_width * np.abs(np.sin(turn)) ** (2 / exponent)
        travelled = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
        corners = travelled[[0, 180, 540, 720]]
        s = np.linspace(0, 3, 301)
        at = np.interp(s, [0, 1, 2, 3], corners)
        xy = np.stack([np.interp(at, travelled, x), np.interp(at, travelled, y)], axis=1)
        tangent = np.gradient(xy, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) * -1
        normal[0], normal[-1] = (1, 0), (-1, 0)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return cls(s, xy, normal)

    def at(self, s: Floats) -> tuple[Floats, Floats]:
        """Returns points and outward normals, both [..., 2], at parameters s in -3..3."""
        size = np.abs(s)
        mirror = np.stack([np.ones_like(size), np.where(s < 0, -1.0, 1.0)], axis=-1)
        table = self.xy, self.normal
        xy, normal = (
            np.stack([np.interp(size, self.s, column[:, k]) for k in (0, 1)], axis=-1) * mirror
            for column in table
        )
        return xy, normal

    def s_at(self, x: Floats | float) -> Floats:
        """Returns the parameter on the left half whose point has the given x."""
        return np.interp(-np.asarray(x, dtype=np.float64), -self.xy[:, 0], self.s)


def grid(surface: Surface, s: Floats, v: Floats) -> Floats:
    """Samples a surface on a rectangle of parameters: [len(v), len(s), 3]."""
    columns, rows = np.meshgrid(s, v)
    return surface(columns, rows)


def patch(surface: Surface, corners: Floats, rows: int, columns: int) -> Floats:
    """Samples a surface on any quadrilateral of parameters.

    Args:
        surface: the shell.
        corners: [4, 2] (s, v) in order: first foot, second foot, second head, first head.
        rows: quads from foot to head.
        columns: quads from first to second.

    Returns:
        [rows + 1, columns + 1, 3] metres.
    """
    right, up = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1))
    weights = np.stack([(1 - right) * (1 - up), right * (1 - up), right * up, (1 - right) * up], -1)
    parameters = weights @ corners
    return surface(parameters[..., 0], parameters[..., 1])
