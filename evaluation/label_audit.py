"""Finds the photographs whose hand-made mask is probably wrong, most suspect first.

Two things make a label suspect: every model worth trusting gets the photograph wrong in the same
way, or the label does not fit between those of the neighbouring poses of its car. Each is measured
as a robust z-score, so that nothing has to be set for new photographs or better models.

A model that finds a car hard (white, on white) objects to all its labels. So an objection counts by
how much it exceeds what the models object to in the car's other photographs; half of that, because
a fault that is in all of a car's labels must not excuse itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.label_judges import judged_objections
from evaluation.label_objection import LabelObjection
from evaluation.label_observation import LabelObservation
from evaluation.label_pose import suspect_by_pose
from evaluation.label_suspicion import NO_SUSPICION, Suspicion, robust_spread

# A robust z-score below this is no reason (Iglewicz and Hoaglin 1993, How to Detect and Handle
# Outliers).
_LIMIT = 3.5
# Where the models object less than this, a label that does not fit between its neighbours is right:
# the car stood aside, or the frame crops it. So it was in all nine such photographs looked at.
_LEAST_OBJECTION = 3.0
# So many photographs of a car show what the models object to in it.
_ENOUGH_LABELS = 5

# Least spreads that are believed, as shares of the photograph's longer side (5 and 0.5 px of 1918)
# and, for small photographs, in pixels.
_PIECE = 0.0026, 1.0
_ALIGNMENT = 0.00026, 0.25


@dataclass(frozen=True)
class LabelledPhotograph:
    """One photograph of an audit.

    Attributes:
        image_id: Of the photograph.
        group_id: Its car.
        pose: 1..16, -1 where unknown.
        observation: Of its label.
        dice: By model name its mask's Dice, 0 where there was no mask.
    """

    image_id: str
    group_id: str
    pose: int
    observation: LabelObservation
    dice: Mapping[str, float]


@dataclass(frozen=True)
class Suspect:
    """A photograph whose label somebody should look at.

    Attributes:
        image_id: Of the photograph.
        score: How far its label is from what is usual, in robust standard deviations.
        reason: In numbers.
    """

    image_id: str
    score: float
    reason: str


def audit_labels(photographs: Sequence[LabelledPhotograph]) -> list[Suspect]:
    """Ranks the labels by how suspect they are.

    The more photographs, the better: what is usual is learnt from them. At least half of the labels
    must be right.

    Args:
        photographs: In any order.

    Returns:
        The suspects, most suspect first, equal ones by image_id; clean photographs are left out.
    """
    cars = [each.group_id for each in photographs]
    observations = [each.observation for each in photographs]
    objections = judged_objections(
        [each.objections for each in observations], [each.dice for each in photographs]
    )
    by_models = _suspect_by_models(objections, observations, cars)
    by_pose = suspect_by_pose(observations, cars, [each.pose for each in photographs])
    suspects = []
    for photograph, judged, objection, deviation in zip(
        photographs, objections, by_models, by_pose, strict=True
    ):
        weighty = [each for each in (objection, deviation) if each.strength > _LIMIT]
        if judged.models and objection.strength < _LEAST_OBJECTION:
            weighty = []
        weighty.sort(key=lambda suspicion: -suspicion.strength)
        if weighty:
            score, reason = weighty[0].strength, "; ".join(each.reason for each in weighty)
            suspects.append(Suspect(photograph.image_id, round(score, 2), reason))
    return sorted(suspects, key=lambda suspect: (-suspect.score, suspect.image_id))


def _suspect_by_models(
    objections: Sequence[LabelObjection],
    observations: Sequence[LabelObservation],
    cars: Sequence[str],
) -> list[Suspicion]:
    """How unusual it is what the models have against each label."""
    judged = [index for index, each in enumerate(objections) if each.models]
    suspicions = [NO_SUSPICION] * len(objections)
    if not judged:
        return suspicions
    seen = [objections[index] for index in judged]
    groups = np.unique([cars[index] for index in judged], return_inverse=True)[1]
    sides = np.array(
        [max(observations[index].height, observations[index].width) for index in judged],
        np.float64,
    )

    def scores(values: list[float], least_spread: tuple[float, float]) -> NDArray[np.float64]:
        share, pixels = least_spread
        return _scores(np.array(values) / sides, groups, np.maximum(share, pixels / sides))

    # Roots of areas: lengths, whose spread does not grow with them.
    pieces = scores([(each.missing + each.surplus) ** 0.5 for each in seen], _PIECE)
    largest = scores([max(each.missing_piece, each.surplus_piece) ** 0.5 for each in seen], _PIECE)
    shift = np.hypot(
        scores([each.shift_x for each in seen], _ALIGNMENT),
        scores([each.shift_y for each in seen], _ALIGNMENT),
    ) / np.sqrt(2.0)
    growth = np.abs(scores([each.growth for each in seen], _ALIGNMENT))
    for index, objection, in_pieces, in_shift, in_growth in zip(
        judged, seen, np.maximum(pieces, largest), shift, growth, strict=True
    ):
        suspicions[index] = max(
            Suspicion(float(in_pieces), _pieces_reason(objection)),
            Suspicion(float(in_shift), _shift_reason(objection)),
            Suspicion(float(in_growth), _growth_reason(objection)),
            key=lambda suspicion: suspicion.strength,
        )
    return suspicions


def _scores(
    values: NDArray[np.float64], groups: NDArray[np.intp], least_spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Robust z-scores of values [N]: from halfway between the car's median and everyone's."""
    everyone = np.median(values)
    centre = np.full(len(values), everyone)
    cars = [np.flatnonzero(groups == group) for group in range(groups.max() + 1)]
    cars = [car for car in cars if len(car) >= _ENOUGH_LABELS]
    for car in cars:
        centre[car] = 0.5 * (everyone + np.median(values[car]))
    off = values - centre
    spread = np.maximum(robust_spread(off), least_spread)
    for car in cars:
        spread[car] = np.maximum(spread[car], robust_spread(off[car]))
    return off / spread


def _pieces_reason(objection: LabelObjection) -> str:
    if objection.missing_piece >= objection.surplus_piece:
        kind, pixels, piece = "more", objection.missing, objection.missing_piece
        x, y = objection.missing_x, objection.missing_y
    else:
        kind, pixels, piece = "less", objection.surplus, objection.surplus_piece
        x, y = objection.surplus_x, objection.surplus_y
    who = "all models see" if len(objection.models) > 1 else "the model sees"
    return f"{who} {pixels:,} px {kind} car, in one piece of {piece:,} px at ({x}, {y})"


def _shift_reason(objection: LabelObjection) -> str:
    x, y = objection.shift_x, objection.shift_y
    # A label that would have to move to the right lies to the left.
    sideways = f"{abs(x):.0f} px to the {'left' if x > 0 else 'right'}"
    upright = f"{abs(y):.0f} px {'above' if y > 0 else 'below'}"
    who = "all models see" if len(objection.models) > 1 else "the model sees"
    return f"the label lies {sideways} and {upright} where {who} the car"


def _growth_reason(objection: LabelObjection) -> str:
    pixels = f"{abs(objection.growth):.1f} px"
    where = "inside" if objection.growth > 0 else "outside"
    whose = "all models'" if len(objection.models) > 1 else "the model's"
    return f"the label's outline runs {pixels} {where} {whose}, on the mean all around"
