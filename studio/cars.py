"""One car: a model of the catalogue with its own year, paint, fittings and parking place."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from studio.body_shape import BodyShape, BodyStyle
from studio.catalogue import CATALOGUE, CarModel
from studio.seeds import Stream, car_id, generator

YEARS = (2005, 2017)
"""First and last model year, both included."""

Colour = tuple[float, float, float]
"""Red, green and blue as displayed, each 0..1."""

PAINTS: tuple[tuple[float, Colour], ...] = (
    (0.15, (0.80, 0.80, 0.79)),
    (0.15, (0.52, 0.53, 0.54)),
    (0.06, (0.70, 0.69, 0.65)),
    (0.16, (0.22, 0.23, 0.24)),
    (0.17, (0.035, 0.035, 0.04)),
    (0.11, (0.40, 0.04, 0.05)),
    (0.10, (0.06, 0.10, 0.25)),
    (0.04, (0.20, 0.32, 0.42)),
    (0.04, (0.10, 0.17, 0.12)),
    (0.02, (0.62, 0.36, 0.08)),
)
"""How often a paint is seen, and its colour. White, silver and grey hide on the backdrop."""


@dataclass(frozen=True)
class Car:
    """Everything that is fixed about a car before it is driven onto the turntable.

    Attributes:
        id: 12 lowercase hex digits.
        seed: the rendering's seed.
        index: position among the cars of its split, from 0.
        labelled: whether the car belongs to `train/` (with masks) or to `test/`.
        model: line of the catalogue.
        shape: the model's proportions, varied a little.
        year: model year.
        trims: the two trim columns of the metadata, either may be empty.
        paint: colour of the body.
        rim: colour of the wheels.
        glass: brightness of the windows, 0 (privacy glass) to 1 (clear).
        antenna: height of the antenna in metres; 0 for none.
        spoiler: whether a spoiler is fitted.
        rails: whether roof rails are fitted.
        two_tone: whether the roof is black.
        dark_trim: whether grille and window frames are black rather than chromed.
        offset: metres by which the car is parked off the turntable's centre, forward and to its
            left.
        yaw: degrees by which it is parked askew.
    """

    id: str
    seed: int
    index: int
    labelled: bool
    model: CarModel
    shape: BodyShape
    year: int
    trims: tuple[str, str]
    paint: Colour
    rim: Colour
    glass: float
    antenna: float
    spoiler: bool
    rails: bool
    two_tone: bool
    dark_trim: bool
    offset: tuple[float, float]
    yaw: float


def draw_car(seed: int, index: int, labelled: bool = True) -> Car:
    """Draws car `index` of a seed; the same car whatever else is rendered.

    Args:
        seed: the rendering's seed, from 0 up.
        index: position among the cars of its split, from 0 up.
        labelled: True for the cars of `train/`, False for those of `test/`.

    Returns:
        The car.
    """
    rng = generator(seed, Stream.CAR, int(labelled), index)
    model = _draw_model(seed, index, labelled)
    style = model.style
    light_rim = float(rng.uniform(0.55, 0.8))
    tall_antenna = style in (BodyStyle.PICKUP, BodyStyle.SUV)
    return Car(
        id=car_id(seed, labelled, index),
        seed=seed,
        index=index,
        labelled=labelled,
        model=model,
        shape=_vary(model.shape, rng),
        year=int(rng.integers(YEARS[0], YEARS[1] + 1)),
        trims=_draw_trims(model, rng),
        paint=_draw_paint(rng),
        rim=(light_rim, light_rim, light_rim * 1.02) if rng.random() < 0.8 else (0.09, 0.09, 0.10),
        glass=float(rng.uniform(0.15, 1.0)),
        antenna=float(rng.uniform(0.2, 0.5 if tall_antenna else 0.35))
        if rng.random() < 0.6
        else 0.0,
        spoiler=model.spoiler and bool(rng.random() < 0.6),
        rails=style in (BodyStyle.SUV, BodyStyle.VAN) and bool(rng.random() < 0.6),
        two_tone=bool(rng.random() < 0.1),
        dark_trim=bool(rng.random() < 0.4),
        offset=(float(rng.normal(0, 0.18)), float(rng.normal(0, 0.08))),
        yaw=float(rng.normal(0, 1.5)),
    )


def _draw_model(seed: int, index: int, labelled: bool) -> CarModel:
    """Deals the catalogue like a deck of cards, so that few cars already show every model."""
    deck, card = divmod(index, len(CATALOGUE))
    order = generator(seed, Stream.MODEL, int(labelled), deck).permutation(len(CATALOGUE))
    return CATALOGUE[int(order[card])]


def _vary(shape: BodyShape, rng: np.random.Generator) -> BodyShape:
    length, width, height, wheel = rng.normal(1.0, 0.012, 4).clip(0.97, 1.03)
    return replace(
        shape,
        length=shape.length * length,
        wheelbase=shape.wheelbase * length,
        width=shape.width * width,
        height=shape.height * height,
        wheel_radius=shape.wheel_radius * wheel,
        clearance=shape.clearance * wheel,
    )


def _draw_paint(rng: np.random.Generator) -> Colour:
    weights = np.array([weight for weight, _ in PAINTS])
    _, base = PAINTS[int(rng.choice(len(PAINTS), p=weights / weights.sum()))]
    red, green, blue = (np.array(base) * rng.uniform(0.85, 1.12) * rng.normal(1, 0.02, 3)).clip(
        0.02, 0.92
    )
    return float(red), float(green), float(blue)


def _draw_trims(model: CarModel, rng: np.random.Generator) -> tuple[str, str]:
    trim = model.trims[int(rng.integers(len(model.trims)))]
    package = ("", "w/Navigation", "w/Leather")[int(rng.integers(3))]
    return (trim, package) if rng.random() >= 0.1 else ("", "")
