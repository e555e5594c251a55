"""What is written of a make classifier: ``make_evaluation.json``."""

from typing import Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from evaluation.bootstrap import Interval
from evaluation.clause import Clause

EVALUATION_FILE = "make_evaluation.json"

_STRICT = ConfigDict(
    extra="forbid", allow_inf_nan=False, json_schema_serialization_defaults_required=True
)


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Shares:
    """How often some photographs were answered rightly.

    Attributes:
        photographs: How many were asked about.
        cars: Of how many cars they are.
        top_1: Share whose make is the first answer, with its 95% interval over the cars.
        top_5: Share whose make is among the first five answers, the same.
    """

    photographs: int
    cars: int
    top_1: Interval
    top_5: Interval


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class MakeFigures:
    """How good one model is on the test split.

    Attributes:
        all_makes: Over all photographs that have a make.
        seen_makes: Over those whose make the training split has; the others can only be answered
            wrongly. Null where there are none.
    """

    all_makes: Shares
    seen_makes: Shares | None


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class MakeRow:
    """One make.

    Attributes:
        make: Its name.
        train_photographs: In the training split; 0 is a make never seen.
        train_cars: The same.
        test_photographs: In the test split.
        test_cars: The same.
        right: Test photographs whose first answer it is.
        among_five: Test photographs among whose first five answers it is.
    """

    make: str
    train_photographs: int
    train_cars: int
    test_photographs: int
    test_cars: int
    right: int
    among_five: int


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class Confusion:
    """How often one make was answered where another, or the same, was right.

    Attributes:
        make: Who made the car.
        answer: The first answer; empty where the model failed.
        photographs: Of the test split; at least 1.
    """

    make: str
    answer: str
    photographs: int


@dataclass(frozen=True, kw_only=True, config=_STRICT)
class MakeEvaluation:
    """How good a make classifier is on the cars of the test split, and whether it may be pushed.

    Attributes:
        schema_version: Of this form; another number means other fields.
        blessed: True if every clause passed.
        clauses: All conditions, in the order they were judged.
        majority: The make with the most photographs in the training split, the first by name of
            equals; empty where none has a make.
        without_make: Test photographs whose make is unknown; they were left out.
        models: Figures by model: ``make`` is the candidate; ``majority`` always answers the most
            common makes of the training split in their order; ``blessed`` is the last blessed make
            classifier. Empty where there was nothing to ask.
        makes: A row for each make of the training and the test split, by name.
        confusion: The candidate's first answers, by make, then by answer.
    """

    schema_version: Literal[1] = 1
    blessed: bool
    clauses: tuple[Clause, ...]
    majority: str
    without_make: int
    models: dict[str, MakeFigures]
    makes: tuple[MakeRow, ...]
    confusion: tuple[Confusion, ...]


MAKE_EVALUATION = TypeAdapter(MakeEvaluation)
