"""One condition of the gate's rule, judged."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

# One turn of the table: enough to see what is wrong, few enough to look at.
MOST_PHOTOGRAPHS = 16


@dataclass(
    frozen=True,
    config=ConfigDict(
        extra="forbid", allow_inf_nan=False, json_schema_serialization_defaults_required=True
    ),
)
class Clause:
    """One condition of the gate's rule, judged.

    Attributes:
        name: What is asked.
        passed: Whether it holds.
        reason: The numbers, as a sentence.
        numbers: The same numbers by name, for programs.
        photographs: Ids of up to 16 photographs that show the failure, worst first; where the
            clause passed, those that were left out of a comparison, mostly none.
    """

    name: str
    passed: bool
    reason: str
    numbers: dict[str, float]
    photographs: tuple[str, ...] = ()


def worst_first(image_ids: Sequence[str], badness: ArrayLike) -> tuple[str, ...]:
    """Returns the ids of the worst photographs.

    Args:
        image_ids: Of N photographs.
        badness: float [N], higher is worse; of equals the first given comes first.
    """
    order = np.argsort(-np.asarray(badness, np.float64), kind="stable")
    return tuple(image_ids[index] for index in order[:MOST_PHOTOGRAPHS])
