"""Makes evidence in which every answer is known."""

from collections.abc import Callable, Sequence

import pytest

from evaluation.make_classifier.make_answer import MakeAnswer
from evaluation.make_classifier.make_evidence import MakeEvidence

# Make and car; 5 photographs of Acme, 3 of Bolt, 2 of Cyan, one unknown.
TRAIN = (
    *[("Acme", "a1")] * 3,
    *[("Acme", "a2")] * 2,
    *[("Bolt", "b1")] * 3,
    *[("Cyan", "c1")] * 2,
    ("", "x"),
)


@pytest.fixture
def evidence() -> Callable[..., MakeEvidence]:
    """Makes evidence from rows of (car, make, answers of the candidate, of the blessed model)."""

    def make(
        rows: Sequence[tuple[str, ...]], train: Sequence[tuple[str, str]] = TRAIN, without: int = 0
    ) -> MakeEvidence:
        names = ("make", "blessed")
        asked = {
            name: [_answer(row[2 + column]) for row in rows]
            for column, name in enumerate(names)
            if rows and len(rows[0]) > 2 + column
        }
        return MakeEvidence(
            train=train,
            image_ids=[f"{car}_{index:02}" for index, (car, *_) in enumerate(rows)],
            groups=[row[0] for row in rows],
            makes=[row[1] for row in rows],
            without_make=without,
            asked=asked,
        )

    return make


def _answer(text: str) -> MakeAnswer:
    makes = tuple(text.split())
    return MakeAnswer(makes, (0.5,) * len(makes), "" if makes else "it is broken")
