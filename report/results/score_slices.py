"""Dice by pose, make and whatever else an evaluation is sliced by, with intervals over the cars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.bootstrap import Interval, group_bootstrap
from evaluation.clause import Clause
from evaluation.photograph_score import PhotographScore

UNKNOWN = ("", -1)
Value = str | int | float


@dataclass(frozen=True)
class ScoreSlice:
    """The photographs that have one value of a feature.

    Attributes:
        value: Of the feature.
        photographs: How many they are.
        cars: Of how many cars.
        dice: Their mean Dice; without ends where they are of one car.
        failed: Names of the gate's clauses that failed for this slice.
    """

    value: Value
    photographs: int
    cars: int
    dice: Interval
    failed: tuple[str, ...]


def score_slices(
    scores: Sequence[PhotographScore],
    feature: str,
    values: Mapping[str, Value],
    clauses: Sequence[Clause] = (),
) -> list[ScoreSlice]:
    """Takes the mean of each slice.

    Args:
        scores: Of one model.
        feature: By which is sliced.
        values: By image id its value; photographs without one, and those whose value is unknown,
            are in no slice, as in the gate.
        clauses: Of the gate.

    Returns:
        The slices, sorted by value.
    """
    by_value: dict[Value, list[PhotographScore]] = {}
    for score in scores:
        value = values.get(score.image_id, "")
        if value not in UNKNOWN:
            by_value.setdefault(value, []).append(score)
    slices = []
    for value in sorted(by_value, key=lambda each: (isinstance(each, str), each)):
        of = by_value[value]
        groups = [score.group_id for score in of]
        slices.append(
            ScoreSlice(
                value,
                len(of),
                len(set(groups)),
                group_bootstrap([score.figures.dice for score in of], groups),
                # A clause about slices names those that it failed for among its numbers.
                tuple(
                    each.name
                    for each in clauses
                    if not each.passed and f"{feature} {value}" in each.numbers
                ),
            )
        )
    return slices
