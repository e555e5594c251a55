"""How far a label is from what its car's labels at the poses beside it lead one to expect.

On a turntable a car's area, place and box change smoothly from pose to pose, and they do so alike
for all cars. So each label is held against the mean of its two neighbours, and that difference
against the same difference in the other cars. Needs no model.

Tried on the challenge's photographs and left out, because they found no broken label that the
figures below did not: the mirrored pose (18 - k: areas differ by 3% there, by 1% from the mean of
the neighbours), the silhouette on a coarse grid, and second moments.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.label_observation import LabelObservation
from evaluation.label_suspicion import NO_SUSPICION, Suspicion, robust_spread

POSES = 16

# Fewer cars say nothing about one pose; all poses are then taken together, if they are as many as
# the second number. It is also what a car's own spread needs.
_ENOUGH_CARS, _ENOUGH_LABELS = 5, 8

# What a label shows, and the least spread that is believed: of the area as a share of it, of the
# places as a share of the photograph's longer side, and at least a pixel of it.
_FIGURES = ("area", "left", "right", "top", "bottom", "centre_x", "centre_y")
_LEAST_AREA_SPREAD, _LEAST_PLACE_SPREAD = 0.005, 0.0005
_SHOWN = {
    "left": ("left edge", "further right", "further left"),
    "right": ("right edge", "further right", "further left"),
    "top": ("top", "lower", "higher"),
    "bottom": ("bottom", "lower", "higher"),
    "centre_x": ("centre", "further right", "further left"),
    "centre_y": ("centre", "lower", "higher"),
}


def suspect_by_pose(
    observations: Sequence[LabelObservation], cars: Sequence[str], poses: Sequence[int]
) -> list[Suspicion]:
    """Holds each label against its neighbours in pose.

    Args:
        observations: One per photograph.
        cars: Of each photograph, its car.
        poses: Of each photograph, 1..POSES around the turntable; any other number is unknown.

    Returns:
        One per photograph. Its strength is that of the figure which is second furthest from what
        was expected: one alone is moved by an antenna or an open door. NO_SUSPICION where the pose
        or a neighbour is missing, or where there are too few labels to say what is usual.
    """
    rows = {car: row for row, car in enumerate(sorted(set(cars)))}
    figures = np.full((len(rows), POSES, len(_FIGURES)), np.nan)
    for observation, car, pose in zip(observations, cars, poses, strict=True):
        if 1 <= pose <= POSES:
            figures[rows[car], pose - 1] = _figures(observation)
    off = _unexpected(figures)
    sides = [max(each.height, each.width) for each in observations]
    of_places = max(_LEAST_PLACE_SPREAD, 1.0 / min(sides, default=1))
    scores = np.abs(off) / _spread(off, [_LEAST_AREA_SPREAD] + 6 * [of_places])
    suspicions = []
    for observation, car, pose in zip(observations, cars, poses, strict=True):
        place = rows[car], pose - 1
        if not 1 <= pose <= POSES or not np.isfinite(scores[place]).all():
            suspicions.append(NO_SUSPICION)
            continue
        strength = float(np.sort(scores[place])[-2])
        # The area says most to a reader; it is named wherever it is one of those that count.
        named = 0 if scores[place][0] >= strength else int(scores[place].argmax())
        reason = _reason(named, off[place][named], observation, pose)
        suspicions.append(Suspicion(strength, reason))
    return suspicions


def _figures(observation: LabelObservation) -> list[float]:
    side = max(observation.height, observation.width)
    places = [getattr(observation, name) / side for name in _FIGURES[1:]]
    return [float(np.log(max(observation.area, 1))), *places]


def _unexpected(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Differences [cars, POSES, figures] from the neighbours' mean, less what is usual."""
    off = figures - 0.5 * (np.roll(figures, 1, axis=1) + np.roll(figures, -1, axis=1))
    off = off - [
        [_usual(off, pose, figure, np.median) for figure in range(len(_FIGURES))]
        for pose in range(POSES)
    ]
    # A wrong label makes its neighbours look wrong too, by half and the other way round. What a
    # worse neighbour explains is no fault of this label's.
    explained = np.zeros_like(off)
    for step in (1, -1):
        neighbour = np.roll(off, step, axis=1)
        worse = (np.abs(neighbour) > np.abs(off)) & (neighbour * off < 0)
        explained += np.where(worse, 0.5 * np.abs(neighbour), 0.0)
    return np.sign(off) * np.maximum(np.abs(off) - explained, 0.0)


def _spread(off: NDArray[np.float64], least: list[float]) -> NDArray[np.float64]:
    """What differences are usual [cars, POSES, figures]: among the cars, or within the car."""
    spread = np.tile(np.array(least), (*off.shape[:2], 1))
    for figure in range(len(_FIGURES)):
        for pose in range(POSES):
            usual = _usual(off, pose, figure, robust_spread)
            spread[:, pose, figure] = np.maximum(spread[:, pose, figure], usual)
        for car in range(len(off)):
            of_car = off[car, :, figure][np.isfinite(off[car, :, figure])]
            if len(of_car) >= _ENOUGH_LABELS:
                spread[car, :, figure] = np.maximum(spread[car, :, figure], robust_spread(of_car))
    return spread


def _usual(
    off: NDArray[np.float64],
    pose: int,
    figure: int,
    statistic: Callable[[NDArray[np.float64]], float],
) -> float:
    """Statistic over the cars at one pose; over all poses where the cars are few."""
    for values, enough in (
        (off[:, pose, figure], _ENOUGH_CARS),
        (off[:, :, figure], _ENOUGH_LABELS),
    ):
        finite = values[np.isfinite(values)]
        if len(finite) >= enough:
            return float(statistic(finite))
    return np.nan


def _reason(figure: int, off: float, observation: LabelObservation, pose: int) -> str:
    neighbours = f"poses {(pose - 2) % POSES + 1} and {pose % POSES + 1} of its car"
    if figure == 0:
        share = np.expm1(off)
        change = f"{abs(share):.1%} {'larger' if share > 0 else 'smaller'}"
        return f"the label is {change} than {neighbours} lead one to expect"
    name, more, less = _SHOWN[_FIGURES[figure]]
    pixels = round(abs(off) * max(observation.height, observation.width))
    direction = more if off > 0 else less
    return f"the label's {name} lies {pixels:,} px {direction} than {neighbours} lead one to expect"
