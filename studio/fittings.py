"""What is bolted onto the bodywork: lights, grille, plates, mirrors, rails, spoiler, antenna."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from studio.body_shape import BodyStyle
from studio.bodywork import Bodywork
from studio.cars import Car
from studio.materials import Material
from studio.mesh import MeshBuilder, Part
from studio.shell import patch
from studio.wheels import axles

Floats = npt.NDArray[np.float64]
TALL = (BodyStyle.SUV, BodyStyle.VAN)


def add_fittings(builder: MeshBuilder, work: Bodywork, car: Car, detail: int, pixel: float) -> None:
    """Adds everything that sits on body and cabin, except glass and wheels.

    Args:
        builder: receives the quads.
        work: the car's surfaces.
        car: which fittings it has.
        detail: 1 for photographs up to 480 pixels wide, more for finer quads.
        pixel: metres that one pixel covers at the turntable; an antenna is never thinner than that.
    """
    _add_front(builder, work, car, detail)
    _add_rear(builder, work, car, detail)
    _add_sides(builder, work, car, detail)
    _add_mirrors(builder, work)
    if car.rails:
        _add_rails(builder, work)
    if car.spoiler:
        _add_spoiler(builder, work)
    if car.antenna:
        _add_antenna(builder, work, car, pixel)


def _panel(
    builder: MeshBuilder,
    work: Bodywork,
    corners: list[tuple[float, float]],
    material: Material,
    layer: int,
    columns: int = 3,
) -> None:
    points = patch(work.body, np.array(corners), 2, columns)
    inside = (0.0, 0.0, work.shape.height * 0.4)
    builder.add_grid(points, material, Part.BODY_DETAIL, inside, layer)


def _box(s0: float, s1: float, v0: float, v1: float) -> list[tuple[float, float]]:
    return [(s0, v0), (s1, v0), (s1, v1), (s0, v1)]


def _add_front(builder: MeshBuilder, work: Bodywork, car: Car, detail: int) -> None:
    half_width, half_height = car.model.grille
    low, high = 0.60 - half_height / 2, 0.60 + half_height / 2
    n = 4 * detail
    frame = [
        (-half_width * 0.9, low),
        (half_width * 0.9, low),
        (half_width, high),
        (-half_width, high),
    ]
    _panel(builder, work, frame, Material.CHROME, 2, n)
    inner = [(s * 0.93, 0.60 + (v - 0.60) * 0.82) for s, v in frame]
    _panel(builder, work, inner, Material.GRILLE, 3, n)
    for bar in np.linspace(low, high, 5)[1:-1]:
        _panel(
            builder,
            work,
            _box(-half_width * 0.88, half_width * 0.88, bar - 0.008, bar + 0.008),
            Material.CHROME,
            4,
            n,
        )
    _panel(builder, work, _box(-0.07, 0.07, 0.56, 0.64), Material.CHROME, 5)
    _panel(
        builder,
        work,
        [(-0.5, 0.09), (0.5, 0.09), (0.62, 0.27), (-0.62, 0.27)],
        Material.GRILLE,
        2,
        n,
    )
    _panel(builder, work, _box(-0.26, 0.26, 0.31, 0.44), Material.PLATE, 6, n)
    _panel(builder, work, _box(-0.2, 0.2, 0.35, 0.40), Material.PLATE_TEXT, 7, n)
    upright = car.model.style in (BodyStyle.PICKUP,) or work.shape.nose_squareness > 5
    foot = 0.60 if upright else 0.66
    for side in (1, -1):
        lamp = [
            (half_width + 0.05, foot),
            (1.02, foot + 0.04),
            (1.10, 0.90),
            (half_width + 0.10, 0.84),
        ]
        _panel(builder, work, [(side * s, v) for s, v in lamp], Material.HEADLIGHT, 3, n)
        lens = [(s * 0.86 + 0.12, 0.75 + (v - 0.75) * 0.55) for s, v in lamp]
        _panel(builder, work, [(side * s, v) for s, v in lens], Material.LENS, 4, n)
        _panel(builder, work, _box(side * 1.03, side * 1.09, 0.70, 0.76), Material.AMBER, 5)
        _panel(builder, work, _box(side * 0.74, side * 0.88, 0.15, 0.25), Material.LENS, 3)


def _add_rear(builder: MeshBuilder, work: Bodywork, car: Car, detail: int) -> None:
    tall = car.model.style in TALL or car.model.style is BodyStyle.PICKUP
    low, high, inner = (0.55, 0.97, 2.22) if tall else (0.58, 0.86, 2.42)
    n = 4 * detail
    for side in (1, -1):
        lamp = [(1.93, low + 0.05), (inner, low), (inner - 0.02, high), (1.91, high - 0.02)]
        _panel(builder, work, [(side * s, v) for s, v in lamp], Material.TAILLIGHT, 3, n)
        clear = [(s, low + (v - low) * 0.3 + 0.03) for s, v in lamp[1:3]]
        _panel(
            builder,
            work,
            [(side * (s - 0.1), v) for s, v in clear] + [(side * s, v) for s, v in clear[::-1]],
            Material.PLATE,
            4,
        )
        _panel(builder, work, _box(side * 2.72, side * 3, 0.50, 0.66), Material.PLATE, 4)
        _panel(builder, work, _box(side * 2.78, side * 3, 0.55, 0.61), Material.PLATE_TEXT, 5)
        _panel(builder, work, _box(side * 2.6, side * 3, 0.68, 0.71), Material.CHROME, 4)
        _panel(builder, work, _box(side * 2.1, side * 3, 0.0, 0.16), Material.PLASTIC, 2, n)
        _panel(builder, work, _box(side * 1.8, side * 3, 0.415, 0.43), Material.SEAM, 3, n)
        _panel(builder, work, _box(side * 2.34, side * 2.46, 0.02, 0.11), Material.CHROME, 4)


def _add_sides(builder: MeshBuilder, work: Bodywork, car: Car, detail: int) -> None:
    shape = work.shape
    front, rear = axles(work)
    gap = shape.wheel_radius + 0.14
    doors = [front - gap, (front + rear) / 2 - 0.05, rear + gap * 0.55]
    if car.model.style is BodyStyle.COUPE:
        doors = [front - gap, rear + gap * 1.1]
    if car.model.style is BodyStyle.PICKUP:
        cabin_end = float(work.foot_plan.xy[-1, 0])
        doors = [front - gap, (front - gap + cabin_end) / 2, cabin_end + 0.04]
    for side in (1, -1):
        if shape.cladding:
            band = _box(side * 0.9, side * 2.1, 0, shape.cladding)
            _panel(builder, work, band, Material.PLASTIC, -1, 12 * detail)
        for x in doors:
            s = float(work.plan.s_at(x))
            _panel(
                builder,
                work,
                _box(side * (s - 0.0024), side * (s + 0.0024), 0.10, 1),
                Material.SEAM,
                2,
                1,
            )
        for x in doors[1:]:
            s = float(work.plan.s_at(x + 0.19))
            _panel(
                builder,
                work,
                _box(side * (s - 0.03), side * (s + 0.03), 0.78, 0.82),
                Material.CHROME,
                3,
                1,
            )
        sill = [float(work.plan.s_at(x)) for x in (front - gap, rear + gap)]
        _panel(builder, work, _box(side * sill[0], side * sill[1], 0.10, 0.13), Material.SEAM, 2, 6)
    if car.model.style is BodyStyle.PICKUP:
        _add_bed(builder, work)


def _add_bed(builder: MeshBuilder, work: Bodywork) -> None:
    ends = float(work.foot_plan.xy[-1, 0]) - 0.10, -work.shape.length / 2 + 0.20
    s = work.plan.s_at(np.linspace(*ends, 6))
    columns, rows = np.meshgrid(s, np.linspace(-0.88, 0.88, 5))
    points = work.bonnet(columns, rows)
    builder.add_grid(points, Material.SHADOWED, Part.BODY_DETAIL, (0, 0, -9), 6)


def _add_mirrors(builder: MeshBuilder, work: Bodywork) -> None:
    x = float(work.foot_plan.xy[0, 0]) - 0.60
    half = float(work.foot_plan.at(work.foot_plan.s_at(x))[0][1])
    z = float(work.shoulder(np.asarray(x))) + 0.10
    size = 0.20 if work.style in (BodyStyle.PICKUP, *TALL) else 0.15
    for side, part in ((1, Part.MIRROR_LEFT), (-1, Part.MIRROR_RIGHT)):
        builder.add_box((x, side * (half + 0.20), z), (0.13, 0.24, size), Material.PAINT, part, 1)
        stalk = (x + 0.01, side * (half + 0.03), z - 0.05)
        builder.add_box(stalk, (0.09, 0.24, 0.07), Material.PLASTIC, part)
        back = np.array(
            [[[x - 0.07, side * (half + y), z + h] for y in (0.11, 0.29)] for h in (-0.05, 0.05)]
        )
        builder.add_grid(back, Material.SIDE_GLASS, part, (x, side * half, z), 2)


def _tube(path: Floats, radius: float, across: Floats, upward: Floats) -> Floats:
    """Returns [len(path), 7, 3]: a hexagonal tube along a path, its rings in a given plane."""
    turn = np.linspace(0, 2 * np.pi, 7)
    ring = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * upward
    return np.asarray(path[:, None, :] + radius * ring, dtype=np.float64)


def _add_rails(builder: MeshBuilder, work: Bodywork) -> None:
    for side, part in ((1, Part.RAIL_LEFT), (-1, Part.RAIL_RIGHT)):
        s = np.linspace(1.08, 1.92, 9)
        path = work.roof(s, np.full_like(s, side * 0.93))
        path[1:-1, 2] += 0.055
        middle = tuple(float(value) for value in path[4])
        tube = _tube(path, 0.022, np.array([0, 1, 0]), np.array([0, 0, 1]))
        builder.add_grid(tube, Material.CHROME, part, (middle[0], middle[1], middle[2]))


def _add_spoiler(builder: MeshBuilder, work: Bodywork) -> None:
    if work.style in TALL:
        head = work.head_plan.xy
        x, width = float(head[-1, 0]) - 0.06, 1.8 * float(head[:, 1].max())
        builder.add_box(
            (x, 0, work.shape.height - 0.085), (0.34, width, 0.05), Material.PAINT, Part.SPOILER
        )
        return
    x = -work.shape.length / 2 + 0.22
    deck = float(work.shoulder(np.asarray(x)))
    for y in (-0.48, 0.48):
        builder.add_box(
            (x + 0.03, y, deck + 0.06), (0.10, 0.04, 0.14), Material.PAINT, Part.SPOILER
        )
    wing = (0.22, work.shape.width * 0.74, 0.04)
    builder.add_box((x, 0, deck + 0.14), wing, Material.PAINT, Part.SPOILER, 1)


def _add_antenna(builder: MeshBuilder, work: Bodywork, car: Car, pixel: float) -> None:
    if car.model.style is BodyStyle.PICKUP:
        s, y = float(work.plan.s_at(work.foot_plan.xy[0, 0] + 0.25)), 0.80
        foot = work.bonnet(np.asarray(s), np.asarray(-y))
    else:
        foot = work.roof(np.asarray(1.75), np.asarray(0.0))
    lean = -0.35 * car.antenna
    path = np.array([foot, foot + [lean, 0, car.antenna]])
    tube = _tube(path, max(0.006, 0.42 * pixel), np.array([1, 0, 0]), np.array([0, 1, 0]))
    middle = path.mean(axis=0)
    centre = float(middle[0]), float(middle[1]), float(middle[2])
    builder.add_grid(tube, Material.PLASTIC, Part.ANTENNA, centre)
