"""Are the masks of the right size, and in the right place?

A threshold that is wrong makes all masks larger or smaller, and a model that was fitted on shifted
masks shifts all of its own. Both cost little Dice and repeat on every photograph. So the median is
asked, of the cars' medians: a photograph or a car that went wrong by itself does not move it, and a
car of many photographs counts once. A mean would be moved by one mask that took in the turntable.
Photographs without a usable mask have neither size nor place; they fail another clause.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluation.clause import MOST_PHOTOGRAPHS, Clause, worst_first
from evaluation.evidence import Evidence
from evaluation.photograph_score import PhotographScore
from pipeline.config import GateConfig


def area_is_right(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that the masks' area is within ``max_area_error`` of the truth's, relatively."""
    name = "no systematic error of area"
    limit = config.max_area_error
    scores = [score for score in evidence.candidate if not score.fault]
    if not scores:
        return _nothing_to_measure(name, {"max_area_error": limit}, evidence)
    errors = np.array([[score.figures.area_error] for score in scores])
    [middle] = median_of_medians(errors, scores)
    passed = abs(middle) <= limit
    return Clause(
        name=name,
        passed=bool(passed),
        reason=f"median error of area {middle:+.2%} of the truth's, within {limit:.2%} is asked",
        numbers={"area_error": float(middle), "max_area_error": limit},
        photographs=()
        if passed
        else worst_first([score.image_id for score in scores], np.sign(middle) * errors[:, 0]),
    )


def place_is_right(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that the masks' centroids lie within ``max_offset`` of the truths'.

    Offsets are shares of the photograph's width, downwards too: pixels are square.
    """
    name = "no systematic offset"
    limit = config.max_offset
    scores = [score for score in evidence.candidate if not score.fault]
    if not scores:
        return _nothing_to_measure(name, {"max_offset": limit}, evidence)
    offsets = np.array([[score.figures.offset_x, score.figures.offset_y] for score in scores]) / [
        [score.width] for score in scores
    ]
    middle = median_of_medians(offsets, scores)
    length = float(np.hypot(*middle))
    passed = length <= limit
    return Clause(
        name=name,
        passed=passed,
        reason=f"median offset {middle[0]:+.3%} of the width to the right and {middle[1]:+.3%} "
        f"down: {length:.3%}, at most {limit:.3%} is asked",
        numbers={
            "offset_x": float(middle[0]),
            "offset_y": float(middle[1]),
            "offset": length,
            "max_offset": limit,
        },
        photographs=()
        if passed
        else worst_first([score.image_id for score in scores], offsets @ middle),
    )


def median_of_medians(
    values: NDArray[np.float64], scores: Sequence[PhotographScore]
) -> NDArray[np.float64]:
    """Returns the median over cars of each car's median.

    Args:
        values: float64 [N, K].
        scores: Of the N photographs, for their cars.

    Returns:
        float64 [K].
    """
    of_car = defaultdict(list)
    for score, value in zip(scores, values, strict=True):
        of_car[score.group_id].append(value)
    return np.median([np.median(each, axis=0) for each in of_car.values()], axis=0)


def _nothing_to_measure(name: str, numbers: dict[str, float], evidence: Evidence) -> Clause:
    photographs = tuple(evidence.image_ids[:MOST_PHOTOGRAPHS])
    return Clause(name, False, "no mask to measure", numbers, photographs)
