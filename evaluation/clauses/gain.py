"""By how much the candidate is better than a rival on the same photographs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.bootstrap import group_bootstrap
from evaluation.evidence import CANDIDATE, Evidence


@dataclass(frozen=True)
class Gain:
    """The candidate's Dice less a rival's, photograph by photograph.

    The difference on the same photograph moves far less from car to car than either Dice does: what
    is hard for one model is hard for the other.

    Attributes:
        differences: float64 [N] in [-1, 1].
        photographs: Indices of the N photographs.
        mean: Of them; 0 where there are none.
        low: Lower end of its 95% interval over the cars. One car says nothing about others, so the
            ends are then those that no Dice can leave: -1 and 1. No car says nothing at all.
        high: Upper end.
        cars: How many there are.
    """

    differences: NDArray[np.float64]
    photographs: tuple[int, ...]
    mean: float
    low: float
    high: float
    cars: int

    @classmethod
    def over(
        cls, evidence: Evidence, rival: str, photographs: Sequence[int] | None = None
    ) -> "Gain":
        """Compares the candidate with a rival on photographs that the rival gave a mask for.

        Where the candidate gave none its Dice is 0.

        Args:
            evidence: With the scores of both.
            rival: Its name.
            photographs: Indices of those to compare on; all where None.
        """
        if photographs is None:
            photographs = range(len(evidence.candidate))
        theirs = evidence.scores[rival]
        answered = [index for index in photographs if not theirs[index].fault]
        differences = evidence.dice(CANDIDATE) - evidence.dice(rival)
        return cls.of(differences, evidence.groups, answered)

    @classmethod
    def of(
        cls, differences: NDArray[np.float64], groups: Sequence[str], photographs: Sequence[int]
    ) -> "Gain":
        """Computes the interval of some differences.

        Args:
            differences: float64 [M] in [-1, 1], one per photograph.
            groups: Its car, for each photograph.
            photographs: Indices of those to compare on.
        """
        chosen = tuple(photographs)
        if not chosen:
            return cls(np.zeros(0), (), 0.0, -1.0, 1.0, 0)
        differences, groups = differences[list(chosen)], [groups[index] for index in chosen]
        interval = group_bootstrap(differences, groups)
        return cls(
            differences,
            chosen,
            interval.mean,
            -1.0 if interval.low is None else interval.low,
            1.0 if interval.high is None else interval.high,
            len(set(groups)),
        )

    def __str__(self) -> str:
        """The mean and its interval, as a part of a sentence."""
        cars = "1 car" if self.cars == 1 else f"{self.cars} cars"
        return f"{self.mean:+.4f}, {self.low:+.4f} to {self.high:+.4f} over {cars}"
