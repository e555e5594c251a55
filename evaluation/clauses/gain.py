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
        mean: Of them.
        low: Lower end of its 95% interval over the cars. One car says nothing about others, so the
            ends are then those that no Dice can leave: -1 and 1.
        high: Upper end.
        cars: How many there are.
    """

    differences: NDArray[np.float64]
    mean: float
    low: float
    high: float
    cars: int

    @classmethod
    def over(
        cls, evidence: Evidence, rival: str, photographs: Sequence[int] | None = None
    ) -> "Gain":
        """Compares the candidate with a rival.

        Args:
            evidence: With the scores of both.
            rival: Its name.
            photographs: Indices of those to compare on; all where None.
        """
        chosen = np.arange(len(evidence.candidate)) if photographs is None else photographs
        differences = (evidence.dice(CANDIDATE) - evidence.dice(rival))[chosen]
        return cls.of(differences, [evidence.groups[index] for index in chosen])

    @classmethod
    def of(cls, differences: NDArray[np.float64], groups: Sequence[str]) -> "Gain":
        """Computes the interval of some differences.

        Args:
            differences: float64 [N] in [-1, 1], one per photograph.
            groups: Its car, for each photograph.
        """
        interval = group_bootstrap(differences, groups)
        return cls(
            differences,
            interval.mean,
            -1.0 if interval.low is None else interval.low,
            1.0 if interval.high is None else interval.high,
            len(set(groups)),
        )

    def __str__(self) -> str:
        """The mean and its interval, as a part of a sentence."""
        cars = "1 car" if self.cars == 1 else f"{self.cars} cars"
        return f"{self.mean:+.4f}, {self.low:+.4f} to {self.high:+.4f} over {cars}"
