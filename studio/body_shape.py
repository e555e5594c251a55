"""Body styles, and the proportions that a car's bodywork is lofted from.

Lengths are metres. `u` runs along the car from 0 at the nose to 1 at the tail; heights of the
shoulder line are fractions of the car's height.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class BodyStyle(Enum):
    """The silhouettes the studio knows."""

    SEDAN = "sedan"
    COUPE = "coupe"
    SUV = "suv"
    PICKUP = "pickup"
    VAN = "van"


@dataclass(frozen=True)
class BodyShape:
    """Proportions that the bodywork is lofted from.

    Attributes:
        length: nose to tail, metres.
        width: over the doors, without mirrors, metres.
        height: road to roof, metres.
        wheelbase: between the axles, metres.
        front_axle: u of the front axle.
        wheel_radius: of the tyre, metres.
        clearance: road to sill, metres.
        shoulder: knots (u, z / height) of the line where hood, doors and deck turn inward.
        cowl: u of the windshield's foot.
        roof_front: u of the windshield's head.
        roof_rear: u of the rear window's head.
        tail: u of the rear window's foot.
        tumblehome: how far the roof's edge leans in from the belt line, metres.
        roof_arc: drop of the roof's ends below its middle, metres.
        nose_squareness: superellipse exponent of the front in plan view; larger is squarer.
        tail_squareness: the same of the rear.
        pillars: where the side glass is split, as fractions of its length from front to rear.
        cladding: share of the side's height covered in black plastic; 0 for none.
    """

    length: float
    width: float
    height: float
    wheelbase: float
    front_axle: float
    wheel_radius: float
    clearance: float
    shoulder: tuple[tuple[float, float], ...]
    cowl: float
    roof_front: float
    roof_rear: float
    tail: float
    tumblehome: float
    roof_arc: float
    nose_squareness: float
    tail_squareness: float
    pillars: tuple[float, ...]
    cladding: float = 0.0


SEDAN = BodyShape(
    length=4.85,
    width=1.84,
    height=1.46,
    wheelbase=2.79,
    front_axle=0.19,
    wheel_radius=0.335,
    clearance=0.19,
    shoulder=(
        (0, 0.47),
        (0.04, 0.52),
        (0.14, 0.585),
        (0.25, 0.64),
        (0.6, 0.675),
        (0.85, 0.70),
        (0.97, 0.70),
        (1, 0.66),
    ),
    cowl=0.255,
    roof_front=0.43,
    roof_rear=0.665,
    tail=0.875,
    tumblehome=0.20,
    roof_arc=0.07,
    nose_squareness=5.2,
    tail_squareness=4.6,
    pillars=(0.40, 0.80),
)
COUPE = BodyShape(
    length=4.62,
    width=1.86,
    height=1.35,
    wheelbase=2.70,
    front_axle=0.195,
    wheel_radius=0.34,
    clearance=0.16,
    shoulder=(
        (0, 0.46),
        (0.05, 0.53),
        (0.16, 0.61),
        (0.3, 0.66),
        (0.6, 0.69),
        (0.85, 0.725),
        (0.97, 0.72),
        (1, 0.66),
    ),
    cowl=0.30,
    roof_front=0.475,
    roof_rear=0.62,
    tail=0.90,
    tumblehome=0.23,
    roof_arc=0.06,
    nose_squareness=4.8,
    tail_squareness=4.0,
    pillars=(0.66,),
)
SUV = BodyShape(
    length=4.72,
    width=1.90,
    height=1.74,
    wheelbase=2.75,
    front_axle=0.19,
    wheel_radius=0.37,
    clearance=0.25,
    shoulder=(
        (0, 0.50),
        (0.03, 0.565),
        (0.12, 0.60),
        (0.23, 0.635),
        (0.6, 0.65),
        (0.9, 0.665),
        (1, 0.66),
    ),
    cowl=0.225,
    roof_front=0.375,
    roof_rear=0.90,
    tail=0.985,
    tumblehome=0.16,
    roof_arc=0.05,
    nose_squareness=5.8,
    tail_squareness=5.0,
    pillars=(0.36, 0.72),
    cladding=0.14,
)
PICKUP = BodyShape(
    length=5.65,
    width=1.99,
    height=1.88,
    wheelbase=3.55,
    front_axle=0.17,
    wheel_radius=0.40,
    clearance=0.32,
    shoulder=(
        (0, 0.52),
        (0.02, 0.60),
        (0.1, 0.63),
        (0.22, 0.655),
        (0.58, 0.665),
        (0.6, 0.68),
        (0.97, 0.69),
        (1, 0.67),
    ),
    cowl=0.235,
    roof_front=0.345,
    roof_rear=0.545,
    tail=0.585,
    tumblehome=0.15,
    roof_arc=0.03,
    nose_squareness=5.6,
    tail_squareness=7.0,
    pillars=(0.5,),
    cladding=0.06,
)
VAN = BodyShape(
    length=5.08,
    width=1.98,
    height=1.76,
    wheelbase=3.02,
    front_axle=0.185,
    wheel_radius=0.345,
    clearance=0.20,
    shoulder=(
        (0, 0.43),
        (0.03, 0.50),
        (0.1, 0.55),
        (0.18, 0.585),
        (0.4, 0.60),
        (0.9, 0.625),
        (1, 0.62),
    ),
    cowl=0.15,
    roof_front=0.345,
    roof_rear=0.925,
    tail=0.985,
    tumblehome=0.17,
    roof_arc=0.05,
    nose_squareness=5.0,
    tail_squareness=5.0,
    pillars=(0.34, 0.66),
)
