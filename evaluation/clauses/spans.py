"""Do the hand-made masks of one span lie elsewhere than those of the others?

Masks that were exported from another crop are all shifted by some pixels. A model that is fitted on
them learns the shift, and where the test split holds nothing else its score is good. Over several
spans the median of all cars does not see it. So each span is looked at by itself, and not only
through the candidate: the last blessed model never saw these masks. It is asked only where it finds
the car; on photographs that it fails on it says nothing of their masks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.clause import Clause, worst_first
from evaluation.clauses.geometry import median_of_medians
from evaluation.evidence import BLESSED, CANDIDATE, Evidence
from evaluation.photograph_score import PhotographScore
from pipeline.config import GateConfig

# A median of two cars is moved by each of them.
_LEAST_CARS = 3
_FOUND = 0.9  # Dice
_CALLED = {CANDIDATE: "the candidate's", BLESSED: "the last blessed model's"}


@dataclass(frozen=True)
class _Offset:
    """How far a model's masks lie from the hand-made ones of a span, as shares of the width."""

    span: int
    model: str
    cars: int
    right: float
    down: float
    scores: tuple[PhotographScore, ...]

    @property
    def length(self) -> float:
        return float(np.hypot(self.right, self.down))

    def __str__(self) -> str:
        return (
            f"span {self.span}, {_CALLED[self.model]} masks {self.right:+.3%} to the right and "
            f"{self.down:+.3%} down over {self.cars} cars"
        )


def no_shifted_span(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that in each span the masks' median offset stays within twice ``max_offset``.

    Twice, because a span has fewer cars than the split.

    Args:
        evidence: With the spans of its photographs.
        config: Gives the limit, a share of the photograph's width.
    """
    name = "no span with shifted masks"
    limit = 2 * config.max_offset
    offsets = sorted(_offsets(evidence), key=lambda each: -each.length)
    if not offsets:
        return Clause(
            name, True, f"no span has {_LEAST_CARS} test cars to tell", {"max_offset": limit}
        )
    shifted = [each for each in offsets if each.length > limit]
    shown = shifted or offsets[:1]
    said = "; ".join(map(str, shown))
    # The two models of a span have the same photographs.
    worst = {
        score.image_id: float(np.hypot(score.figures.offset_x, score.figures.offset_y))
        for each in shifted
        for score in each.scores
    }
    return Clause(
        name=name,
        passed=not shifted,
        reason=(
            f"{said}; at most {limit:.3%} is asked: look at its hand-made masks"
            if shifted
            else f"largest median offset: {said}; at most {limit:.3%} is asked"
        ),
        numbers={"max_offset": limit}
        | {f"span {each.span} {each.model}": each.length for each in shown},
        photographs=worst_first(list(worst), list(worst.values())),
    )


def _offsets(evidence: Evidence) -> Iterator[_Offset]:
    for span in sorted(set(evidence.spans.values())):
        for model in _CALLED:
            scores = tuple(
                score
                for score in evidence.scores.get(model, ())
                if evidence.spans.get(score.image_id) == span
                and not score.fault
                and (model == CANDIDATE or score.figures.dice >= _FOUND)
            )
            cars = len({score.group_id for score in scores})
            if cars < _LEAST_CARS:
                continue
            offsets = [
                [score.figures.offset_x / score.width, score.figures.offset_y / score.width]
                for score in scores
            ]
            right, down = median_of_medians(np.array(offsets), scores)
            yield _Offset(span, model, cars, float(right), float(down), scores)
