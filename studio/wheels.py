"""Wheels: tread, sidewall, rim, spokes and hub, and the dark arches they stand in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from studio.bodywork import Bodywork
from studio.cars import Car
from studio.materials import Material
from studio.mesh import MeshBuilder, Part

Floats = npt.NDArray[np.float64]
TYRE_WIDTH = 0.22
"""Metres."""
RIM = 0.70
"""Radius of the rim as a share of the tyre's."""


def axles(work: Bodywork) -> tuple[float, float]:
    """Returns the front and the rear axle's x in metres."""
    front = (0.5 - work.shape.front_axle) * work.shape.length
    return front, front - work.shape.wheelbase


def add_wheels(builder: MeshBuilder, work: Bodywork, car: Car, detail: int) -> None:
    """Adds four wheels, their arches and the shadowed floor between them.

    Args:
        builder: receives the quads.
        work: the car's surfaces.
        car: for the wheels' spokes.
        detail: 1 for photographs up to 480 pixels wide, more for rounder circles.
    """
    _add_underbody(builder, work)
    for side in (1, -1):
        for number, x in enumerate(axles(work)):
            _add_arch(builder, work, x, side, detail)
            turned = (car.index * 0.7 + number * 1.9 + side) % (2 * np.pi)
            _add_wheel(builder, work, car, x, side, turned, detail)


def _add_underbody(builder: MeshBuilder, work: Bodywork) -> None:
    shape = work.shape
    half, y = shape.length / 2 - 0.85, shape.width / 2 - 0.24
    low, high = shape.clearance - 0.05, shape.clearance + 0.12
    ring = np.array([[half, y], [half, -y], [-half, -y], [-half, y], [half, y]])
    walls = np.stack([np.column_stack([ring, np.full(5, z)]) for z in (low, high)])
    builder.add_grid(walls, Material.SHADOWED, Part.UNDERBODY, (0, 0, (low + high) / 2))


def _add_arch(builder: MeshBuilder, work: Bodywork, x: float, side: int, detail: int) -> None:
    radius = work.shape.wheel_radius
    # Between even steps of angle and of x: even angles alone leave slivers at the arch's ends.
    even = np.linspace(-1, 1, 14 * detail + 1)
    turn = np.arccos(0.5 * even + 0.5 * np.sin(even * np.pi / 2))
    for gap, material, layer in ((0.095, Material.PLASTIC, 0), (0.05, Material.SHADOWED, 1)):
        if gap > 0.09 and work.shape.cladding < 0.1:
            continue
        along = x + (radius + gap) * np.cos(turn)
        top = radius + (radius + gap) * np.sin(turn)
        s = work.plan.s_at(along) * side
        v = np.clip(work.v_at(along, top), 0, 1)
        points = np.stack([work.body(s, np.zeros_like(v)), work.body(s, v / 2), work.body(s, v)])
        builder.add_grid(points, material, Part.BODY_DETAIL, (x, 0, radius), layer)


def _add_wheel(
    builder: MeshBuilder,
    work: Bodywork,
    car: Car,
    x: float,
    side: int,
    turned: float,
    detail: int,
) -> None:
    radius = work.shape.wheel_radius
    # Flush with the narrowest body beside the tyre: none may stick out where the nose tapers.
    beside = work.plan.s_at(np.array([x - 0.7 * radius, x, x + 0.7 * radius]))
    face = float(work.body(beside, np.full(3, 0.4))[:, 1].min()) - 0.005
    centre = np.array([x, side * face, radius])
    inside = (x, side * (face - TYRE_WIDTH / 2), radius)
    sectors = 22 * detail
    tread = np.stack(
        [
            _circle(centre, radius * scale, -side * depth, sectors)
            for scale, depth in ((0.95, 0.0), (1.0, 0.03), (1.0, TYRE_WIDTH))
        ]
    )
    part = Part.TREAD_LEFT if side > 0 else Part.TREAD_RIGHT
    builder.add_grid(tread, Material.TYRE, part, inside)

    def annulus(inner: float, outer: float, material: Material, layer: int) -> None:
        rings = [_circle(centre, radius * r, 0.0, sectors) for r in (inner, outer)]
        builder.add_grid(np.stack(rings), material, Part.WHEEL, inside, layer)

    annulus(0.90, 1.0, Material.TYRE, 0)
    annulus(RIM, 0.92, Material.SIDEWALL, 1)
    annulus(0.0, RIM, Material.BARREL, 2)
    annulus(RIM - 0.06, RIM, Material.RIM, 3)
    spokes = car.model.spokes
    thick = 0.46 / spokes + 0.012
    for spoke in range(spokes):
        angle = turned + 2 * np.pi * spoke / spokes
        ends = [(0.10, thick * 1.6), (RIM - 0.03, thick * 0.7)]
        quad = [
            [_on_wheel(centre, radius * r, angle + sign * np.arctan2(w, r)) for sign in (-1, 1)]
            for r, w in ends
        ]
        builder.add_grid(np.array(quad), Material.RIM, Part.WHEEL, inside, 4)
    annulus(0.0, 0.15, Material.RIM, 5)
    annulus(0.0, 0.06, Material.BARREL, 6)


def _on_wheel(centre: Floats, radius: float, angle: float) -> Floats:
    return centre + radius * np.array([np.cos(angle), 0, np.sin(angle)])


def _circle(centre: Floats, radius: float, shift: float, sectors: int) -> Floats:
    """Returns [sectors + 1, 3] points of a circle around the axle, `shift` metres along y."""
    turn = np.linspace(0, 2 * np.pi, sectors + 1)
    ring = np.stack([np.cos(turn), np.zeros_like(turn), np.sin(turn)], axis=1) * radius
    return np.asarray(centre + ring + np.array([0, shift, 0]), dtype=np.float64)
