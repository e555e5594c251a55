"""What the make classifier's gate has found out, before it judges."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from evaluation.make_classifier.make_answer import MakeAnswer

CANDIDATE: Final = "make"
MAJORITY: Final = "majority"
BLESSED: Final = "blessed"

_FIVE = 5


@dataclass(frozen=True)
class MakeEvidence:
    """Makes of the training split, and answers about the test split.

    Attributes:
        train: Make and car of each training photograph; the make is empty where it is unknown.
        image_ids: Of the N test photographs that have a make.
        groups: Their cars.
        makes: Their makes.
        without_make: How many test photographs have none.
        asked: By name, each model's answers to the N photographs.
    """

    train: Sequence[tuple[str, str]]
    image_ids: Sequence[str]
    groups: Sequence[str]
    makes: Sequence[str]
    without_make: int
    asked: Mapping[str, Sequence[MakeAnswer]]

    @property
    def train_makes(self) -> list[str]:
        """The training split's makes, most photographs first, then by name."""
        counts = Counter(make for make, _ in self.train if make)
        return sorted(counts, key=lambda make: (-counts[make], make))

    @property
    def answers(self) -> dict[str, Sequence[MakeAnswer]]:
        """Those of the models, and of one that always answers the most common makes."""
        always = MakeAnswer(tuple(self.train_makes[:_FIVE]))
        return {**self.asked, MAJORITY: [always] * len(self.makes)}

    def faults(self, model: str) -> dict[str, str]:
        """Returns why a model did not answer, by image_id of the photographs without an answer."""
        answers = zip(self.image_ids, self.asked[model], strict=True)
        return {image_id: answer.fault for image_id, answer in answers if answer.fault}

    def is_right(self, model: str, among: int = 1) -> NDArray[np.float64]:
        """Says where the true make is among a model's first answers.

        Args:
            model: Its name.
            among: How many answers count.

        Returns:
            float64 [N], 0 or 1.
        """
        pairs = zip(self.makes, self.answers[model], strict=True)
        return np.array([make in answer.makes[:among] for make, answer in pairs], np.float64)

    def is_among_five(self, model: str) -> NDArray[np.float64]:
        """Says where the true make is among a model's first five answers: float64 [N], 0 or 1."""
        return self.is_right(model, _FIVE)
