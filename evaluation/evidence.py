"""What was seen of the models before anything is concluded from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.photograph_score import PhotographScore

CANDIDATE = "unet"
BASELINES = ("cnn", "average_mask")
BLESSED = "blessed"


@dataclass(frozen=True)
class Leak:
    """Something that was found in more than one split.

    Attributes:
        what: A whole car, or one photograph under several ids.
        identity: The car's group_id alone, or the image_ids of the photographs that are one.
        splits: Where it was found.
        photographs: Image_ids that show it: of a car some of each split, else the identity.
    """

    what: Literal["car", "photograph"]
    identity: tuple[str, ...]
    splits: tuple[str, ...]
    photographs: tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """All that the gate's rule looks at.

    What is given is kept in one order, whatever order it came in, so that the same evidence gives
    the same verdict to the last bit.

    Attributes:
        scores: By model name one score per photograph of the test split, in order of image_id.
            Every model has the same photographs.
        leaks: Between the splits.
        unequal_repeats: Ids of the photographs whose second reply by the candidate had other bytes.
        repeated: How many photographs the candidate was asked for twice.
        latencies: Seconds by image_id, of the candidate in process, asked one by one.
        non_finite: Ids of the photographs for which the candidate's probabilities hold NaN or
            infinity.
        spans: The number of the span that a photograph came with, by image_id; empty where that is
            not known.
    """

    scores: Mapping[str, Sequence[PhotographScore]]
    leaks: Sequence[Leak] = ()
    unequal_repeats: Sequence[str] = ()
    repeated: int = 0
    latencies: Mapping[str, float] = field(default_factory=dict)
    non_finite: Sequence[str] = ()
    spans: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Puts everything into one order and refuses what cannot be compared.

        Raises:
            ValueError: If there is no score, the candidate or a baseline is missing, a photograph
                comes twice or without its car, or the models' photographs differ.
        """
        if not any(self.scores.values()):
            raise ValueError("no photograph to judge the models on")
        missing = [name for name in (CANDIDATE, *BASELINES) if name not in self.scores]
        if missing:
            raise ValueError(f"no scores of {', '.join(missing)}")
        ordered = {
            name: tuple(sorted(self.scores[name], key=lambda score: score.image_id))
            for name in sorted(self.scores)
        }
        photographs = [_identity(score) for score in ordered[CANDIDATE]]
        for name, scores in ordered.items():
            if [_identity(score) for score in scores] != photographs:
                raise ValueError(f"{name} and {CANDIDATE} were not scored on the same photographs")
            if other := {score.model for score in scores} - {name}:
                raise ValueError(f"the scores of {name} hold those of {', '.join(sorted(other))}")
        ids = [score.image_id for score in ordered[CANDIDATE]]
        if len(set(ids)) < len(ids):
            twice = next(a for a, b in zip(ids, ids[1:], strict=False) if a == b)
            raise ValueError(f"photograph {twice} comes twice")
        carless = [score.image_id for score in ordered[CANDIDATE] if not score.group_id]
        if carless:
            raise ValueError(
                f"{len(carless)} of {len(ids)} photographs have no group_id (first {carless[0]}): "
                "the gate draws its intervals over cars and needs the car of each photograph"
            )
        object.__setattr__(self, "scores", ordered)
        object.__setattr__(
            self, "leaks", tuple(sorted(self.leaks, key=lambda leak: (leak.what, leak.identity)))
        )
        object.__setattr__(self, "latencies", dict(sorted(self.latencies.items())))
        for name in ("unequal_repeats", "non_finite"):
            object.__setattr__(self, name, tuple(sorted(getattr(self, name))))

    @property
    def candidate(self) -> Sequence[PhotographScore]:
        """The candidate's scores."""
        return self.scores[CANDIDATE]

    @property
    def image_ids(self) -> list[str]:
        """Of all photographs."""
        return [score.image_id for score in self.candidate]

    @property
    def groups(self) -> list[str]:
        """The car of each photograph."""
        return [score.group_id for score in self.candidate]

    def dice(self, model: str) -> NDArray[np.float64]:
        """Returns a model's Dice, float64 [N] in [0, 1]."""
        return np.array([score.figures.dice for score in self.scores[model]], np.float64)

    def faults(self, model: str) -> dict[str, str]:
        """Returns why there is no usable mask, by image_id of the photographs without one."""
        return {score.image_id: score.fault for score in self.scores[model] if score.fault}


def _identity(score: PhotographScore) -> tuple[str | int, ...]:
    return (
        score.image_id,
        score.group_id,
        score.pose,
        score.make,
        score.year,
        score.height,
        score.width,
    )
