"""The two shells of a car, body and cabin, and the surfaces that close them: hood, deck, roof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from studio.body_shape import BodyShape, BodyStyle
from studio.cars import Car
from studio.materials import Material
from studio.mesh import MeshBuilder, Part
from studio.shell import Plan, grid

Floats = npt.NDArray[np.float64]

# Metres that a wall stands back from the floor plan, against v: sills, bulge of doors, shoulder.
SIDE_PROFILE = (
    (0, 0.09),
    (0.08, 0.05),
    (0.3, 0.02),
    (0.5, 0.0),
    (0.72, 0.008),
    (0.9, 0.04),
    (1, 0.09),
)
FRONT_PROFILE = (
    (0, 0.11),
    (0.1, 0.05),
    (0.3, 0.0),
    (0.5, 0.01),
    (0.75, 0.05),
    (0.9, 0.11),
    (1, 0.23),
)
REAR_PROFILE = (
    (0, 0.12),
    (0.12, 0.05),
    (0.35, 0.0),
    (0.55, 0.02),
    (0.8, 0.045),
    (0.93, 0.07),
    (1, 0.13),
)
CABIN_V = (0, 0.3, 0.6, 0.85, 0.91, 0.96, 1)
CABIN_LEAN = (0, 0.26, 0.555, 0.85, 0.935, 1.03, 1.15)
CABIN_RISE = (0, 0.32, 0.63, 0.89, 0.95, 0.985, 1.0)
"""How far the cabin's wall has leaned inward and risen at v, as shares of the way to the roof."""
CROWN = 0.045
"""Height of the middle of hood and deck above their edges, metres."""


@dataclass(frozen=True, eq=False)
class Bodywork:
    """Surfaces of one car, for `add_bodywork` and for everything that is fitted onto them."""

    shape: BodyShape
    style: BodyStyle
    plan: Plan
    foot_plan: Plan
    head_plan: Plan

    @classmethod
    def of(cls, car: Car) -> Bodywork:
        """Lays out the floor plans of a car's body and cabin."""
        shape = car.shape
        inner = shape.width / 2 - 0.10

        def x(u: float) -> float:
            return (0.5 - u) * shape.length

        slant = 5.0 if car.model.style in (BodyStyle.SUV, BodyStyle.VAN, BodyStyle.PICKUP) else 3.6
        rear_setback = 0.05 if shape.tail > 0.95 else 0.0
        return cls(
            shape=shape,
            style=car.model.style,
            plan=Plan.superellipse(
                x(0), x(1), shape.width / 2, shape.nose_squareness, shape.tail_squareness
            ),
            foot_plan=Plan.superellipse(
                x(shape.cowl), x(shape.tail) + rear_setback, inner, 3.2, slant
            ),
            head_plan=Plan.superellipse(
                x(shape.roof_front), x(shape.roof_rear), inner - shape.tumblehome, 4.0, slant
            ),
        )

    def u(self, x: Floats) -> Floats:
        """Returns the share of the car's length, 0 at the nose, at x metres."""
        return 0.5 - x / self.shape.length

    def shoulder(self, x: Floats) -> Floats:
        """Returns the height in metres of the shoulder line at x metres."""
        return _smooth(self.shape.shoulder, self.u(x), 0.03) * self.shape.height

    def sill(self, x: Floats) -> Floats:
        """Returns the height in metres of the body's lower edge at x metres."""
        lift = np.interp(self.u(x), [0, 0.12, 0.3, 0.75, 0.9, 1], [0.02, 0.0, 0.0, 0.0, 0.03, 0.07])
        return self.shape.clearance + lift

    def body(self, s: Floats, v: Floats) -> Floats:
        """Returns points [..., 3] of the body's wall."""
        xy, normal = self.plan.at(s)
        ahead = normal[..., 0] > 0
        along = np.where(ahead, _smooth(FRONT_PROFILE, v, 0.1), _smooth(REAR_PROFILE, v, 0.1))
        setback = np.stack([along, _smooth(SIDE_PROFILE, v, 0.1)], axis=-1)
        foot, head = self.sill(xy[..., 0]), self.shoulder(xy[..., 0])
        height = foot + (head - foot) * v
        return np.concatenate([xy - normal * setback, height[..., None]], axis=-1)

    def v_at(self, x: Floats, z: Floats) -> Floats:
        """Returns the body's parameter v at height z metres beside x metres."""
        foot, head = self.sill(x), self.shoulder(x)
        return (z - foot) / (head - foot)

    def cabin(self, s: Floats, v: Floats) -> Floats:
        """Returns points [..., 3] of the cabin's wall: pillars, windows and the roof's edge."""
        foot, _ = self.foot_plan.at(s)
        head, _ = self.head_plan.at(s)
        lean, rise = (np.interp(v, CABIN_V, curve) for curve in (CABIN_LEAN, CABIN_RISE))
        xy = foot + (head - foot) * lean[..., None]
        low = self.shoulder(foot[..., 0]) - 0.015
        high = self.roof_edge(head[..., 0])
        return np.concatenate([xy, (low + (high - low) * rise)[..., None]], axis=-1)

    def roof_edge(self, x: Floats) -> Floats:
        """Returns the height in metres of the roof's edge at x metres."""
        front, rear = self.head_plan.xy[0, 0], self.head_plan.xy[-1, 0]
        off_middle = (x - (front * 0.55 + rear * 0.45)) / ((front - rear) / 2)
        drop = self.shape.roof_arc * np.clip(off_middle, -1.2, 1.2) ** 2
        return np.asarray(self.shape.height - CROWN - drop, dtype=np.float64)

    def bonnet(self, s: Floats, across: Floats) -> Floats:
        """Returns points [..., 3] of hood and deck: s in 0..3, `across` -1 (right) to 1 (left)."""
        edge = self.body(s, np.ones_like(s))
        from_end = self.shape.length / 2 - np.abs(edge[..., 0]) - 0.1
        lift = CROWN * (1 - across**2) * (1 - np.exp(-np.clip(from_end, 0, None) / 0.35))
        return np.stack([edge[..., 0], edge[..., 1] * across, edge[..., 2] + lift], axis=-1)

    def roof(self, s: Floats, across: Floats) -> Floats:
        """Returns points [..., 3] of the roof: s in 0..3, `across` from -1 (right) to 1 (left)."""
        edge = self.cabin(s, np.ones_like(s))
        ends = self.cabin(np.array([0.0, 3.0]), np.ones(2))[:, 0]
        from_end = np.minimum(ends[0] - edge[..., 0], edge[..., 0] - ends[1])
        lift = CROWN * (1 - across**2) * (1 - np.exp(-np.clip(from_end, 0, None) / 0.3))
        return np.stack([edge[..., 0], edge[..., 1] * across, edge[..., 2] + lift], axis=-1)


def add_bodywork(builder: MeshBuilder, work: Bodywork, detail: int) -> None:
    """Adds body, hood, deck, cabin and roof.

    Args:
        builder: receives the quads.
        work: the car's surfaces.
        detail: 1 for photographs up to 480 pixels wide, more for finer quads.
    """
    inside = (0.0, 0.0, work.shape.height * 0.4)
    side = np.concatenate(
        [
            np.linspace(0, 1, 7 * detail + 1)[:-1],
            np.linspace(1, 2, 14 * detail + 1)[:-1],
            np.linspace(2, 3, 6 * detail + 1),
        ]
    )
    around = np.concatenate([-side[:0:-1], side])
    v = _refine(np.array([0, 0.08, 0.2, 0.4, 0.6, 0.78, 0.9, 1.0]), detail)
    builder.add_grid(grid(work.body, around, v), Material.PAINT, Part.BODY, inside)
    cross = np.linspace(-1, 1, 6 * detail + 1)
    under = np.linspace(
        work.plan.s_at(work.foot_plan.xy[0, 0] - 0.45),
        work.plan.s_at(work.foot_plan.xy[-1, 0] + 0.3),
        2,
    )
    front = _refine(np.append(side[side < under[0]], under[0]), 1)
    builder.add_grid(grid(work.bonnet, front, cross), Material.PAINT, Part.BODY, (0, 0, -9), 1)
    rear = np.insert(side[side > under[1]], 0, under[1])
    builder.add_grid(grid(work.bonnet, rear, cross), Material.PAINT, Part.BODY, (0, 0, -9), 1)
    v = _refine(np.array(CABIN_V), detail)
    builder.add_grid(grid(work.cabin, around, v), Material.ROOF, Part.CABIN, inside)
    builder.add_grid(grid(work.roof, side, cross), Material.ROOF, Part.CABIN, (0, 0, -9), 1)


def _refine(values: Floats, times: int) -> Floats:
    at = np.linspace(0, len(values) - 1, (len(values) - 1) * times + 1)
    return np.interp(at, np.arange(len(values)), values)


def _smooth(knots: tuple[tuple[float, float], ...], at: Floats, radius: float) -> Floats:
    """Interpolates between knots, with their corners rounded over `radius` to either side."""
    table = np.array(knots)
    taps = np.linspace(-radius, radius, 7)
    values = [np.interp(at + tap, table[:, 0], table[:, 1]) for tap in taps]
    return np.asarray(np.mean(values, axis=0), dtype=np.float64)
