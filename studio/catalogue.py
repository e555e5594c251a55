"""The models the studio photographs: invented makes, each model with its own proportions.

Make and model must be learnable from the picture, so a model fixes its shape here; `cars.py` only
varies it a little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from studio.body_shape import COUPE, PICKUP, SEDAN, SUV, VAN, BodyShape, BodyStyle


@dataclass(frozen=True)
class CarModel:
    """One line of the catalogue.

    Attributes:
        make: invented manufacturer.
        model: invented model name.
        style: body style.
        shape: the model's proportions.
        trims: trim levels, from plain to rich.
        spokes: spokes of its wheels.
        spoiler: whether some of them wear a spoiler on the deck or over the rear window.
        grille: half width and height of the grille, as shares of the front's.
    """

    make: str
    model: str
    style: BodyStyle
    shape: BodyShape
    trims: tuple[str, ...]
    spokes: int
    spoiler: bool
    grille: tuple[float, float]


CATALOGUE: tuple[CarModel, ...] = (
    CarModel(
        "Aldane", "Corso", BodyStyle.SEDAN, SEDAN, ("S", "SE", "Limited"), 5, False, (0.40, 0.30)
    ),
    CarModel(
        "Aldane",
        "Ridgeway",
        BodyStyle.SUV,
        replace(
            SUV,
            length=5.12,
            width=1.98,
            height=1.83,
            wheelbase=2.95,
            tail_squareness=6.0,
            nose_squareness=5.8,
        ),
        ("Base", "LX", "Premium"),
        6,
        False,
        (0.46, 0.36),
    ),
    CarModel(
        "Borealis",
        "Fjord",
        BodyStyle.SUV,
        replace(SUV, length=4.42, height=1.66, roof_rear=0.84, roof_arc=0.08, wheelbase=2.64),
        ("Urban", "Trail"),
        5,
        True,
        (0.30, 0.18),
    ),
    CarModel(
        "Borealis",
        "Lumen",
        BodyStyle.SEDAN,
        replace(
            SEDAN,
            length=4.56,
            width=1.79,
            height=1.45,
            wheelbase=2.68,
            roof_rear=0.69,
            tail=0.91,
            cowl=0.235,
            roof_front=0.42,
            nose_squareness=4.6,
        ),
        ("Base", "Eco", "Sport"),
        10,
        True,
        (0.26, 0.14),
    ),
    CarModel(
        "Castellan",
        "Duke",
        BodyStyle.PICKUP,
        PICKUP,
        ("Work", "XL", "Grand"),
        6,
        False,
        (0.52, 0.42),
    ),
    CarModel(
        "Castellan",
        "Squire",
        BodyStyle.PICKUP,
        replace(
            PICKUP,
            length=5.22,
            width=1.87,
            height=1.77,
            wheelbase=3.2,
            wheel_radius=0.37,
            roof_rear=0.51,
            tail=0.55,
            shoulder=(
                (0, 0.50),
                (0.03, 0.57),
                (0.22, 0.63),
                (0.58, 0.64),
                (0.97, 0.655),
                (1, 0.64),
            ),
        ),
        ("Base", "Off-Road"),
        5,
        False,
        (0.42, 0.30),
    ),
    CarModel(
        "Merrow", "Stiletto", BodyStyle.COUPE, COUPE, ("GT", "GT Premium"), 5, True, (0.36, 0.22)
    ),
    CarModel(
        "Merrow",
        "Regent",
        BodyStyle.SEDAN,
        replace(
            SEDAN,
            length=5.18,
            width=1.90,
            height=1.50,
            wheelbase=3.0,
            cowl=0.28,
            roof_front=0.44,
            roof_rear=0.67,
            tail=0.845,
            nose_squareness=6.2,
            tail_squareness=5.5,
        ),
        ("Luxury", "Touring"),
        9,
        False,
        (0.34, 0.44),
    ),
    CarModel(
        "Ostara", "Caravel", BodyStyle.VAN, VAN, ("LE", "XLE", "Touring"), 7, False, (0.38, 0.22)
    ),
    CarModel(
        "Ostara",
        "Pip",
        BodyStyle.VAN,
        replace(
            VAN,
            length=4.18,
            width=1.78,
            height=1.63,
            wheelbase=2.58,
            cowl=0.19,
            roof_front=0.36,
            roof_rear=0.93,
            nose_squareness=5.8,
            pillars=(0.40, 0.76),
        ),
        ("Base", "Plus"),
        8,
        True,
        (0.40, 0.12),
    ),
    CarModel(
        "Tamarack",
        "Summit",
        BodyStyle.SUV,
        replace(
            SUV,
            length=4.24,
            width=1.87,
            height=1.84,
            wheelbase=2.45,
            wheel_radius=0.39,
            clearance=0.30,
            cowl=0.29,
            roof_front=0.36,
            roof_rear=0.955,
            tumblehome=0.07,
            roof_arc=0.02,
            nose_squareness=7.6,
            tail_squareness=8.0,
            cladding=0.2,
        ),
        ("Sport", "Willow", "Rugged"),
        5,
        False,
        (0.34, 0.26),
    ),
    CarModel(
        "Tamarack",
        "Dart",
        BodyStyle.COUPE,
        replace(
            COUPE,
            length=4.28,
            width=1.78,
            height=1.30,
            wheelbase=2.52,
            cowl=0.32,
            roof_front=0.48,
            roof_rear=0.63,
            tail=0.86,
            nose_squareness=4.4,
        ),
        ("Base", "R"),
        12,
        True,
        (0.30, 0.16),
    ),
)
"""The whole range."""
