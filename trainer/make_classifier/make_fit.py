"""What a fit of the make classifier leaves in its ``fit.json``."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from pipeline.config import MakeTrainerConfig

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class FittedMake:
    """A make that the classifier was fitted on.

    Attributes:
        make: Its name.
        photographs: In the training split.
        cars: In the training split.
    """

    make: str
    photographs: int
    cars: int


@dataclass(frozen=True, config=_STRICT)
class LeftOut:
    """Photographs of a split that say nothing to the classifier.

    Attributes:
        without_make: Their make is unknown.
        unseen: Their make is none that the classifier knows.
    """

    without_make: int
    unseen: int

    @classmethod
    def of(cls, makes: Sequence[str], known: Sequence[str]) -> "LeftOut":
        """Counts them.

        Args:
            makes: One per photograph; empty where unknown.
            known: What the classifier knows.
        """
        without_make = sum(not make for make in makes)
        return cls(without_make, sum(make not in known for make in makes) - without_make)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class MakeFit:
    """How a fit of the make classifier went.

    Attributes:
        schema_version: Of this form; another number means other fields.
        makes: What it tells apart, most photographs first.
        left_out: By split, what it was not fitted on, or not judged by.
        not_fitted: Why nothing was fitted, and there is no model; empty where there is one.
        parameters: Weights.
        epochs: Passes that were made.
        best_epoch: The one whose weights were kept, from 1; 0 where nothing was fitted.
        val_photographs: Whose make it knows.
        val_accuracy: Share of them that it answers rightly; null where there are none.
        precision: Number format of the fit.
        seconds: Of the whole step.
        config: What it was told.
    """

    schema_version: Literal[1] = 1
    makes: tuple[FittedMake, ...]
    left_out: dict[str, LeftOut]
    not_fitted: str
    parameters: int
    epochs: int
    best_epoch: int
    val_photographs: int
    val_accuracy: float | None
    precision: str
    seconds: float
    config: MakeTrainerConfig


MAKE_FIT = TypeAdapter(MakeFit)


def fitted_makes(
    photographs: Sequence[tuple[str, str]], vocabulary: Sequence[str]
) -> tuple[FittedMake, ...]:
    """Counts the photographs and cars of each make.

    Args:
        photographs: Make and car of each photograph of the training split.
        vocabulary: The makes that Transform found, in whose order they come. One that no photograph
            has is left out: Transform writes a filler where it found none at all. Those that it
            leaves out itself, since they have a line break, come behind.
    """
    of_make = Counter(make for make, _ in photographs)
    cars = Counter(make for make, _ in set(photographs))
    del of_make[""]
    found = [make for make in vocabulary if make in of_make]
    found += sorted(of_make.keys() - set(found))
    return tuple(FittedMake(make, of_make[make], cars[make]) for make in found)
