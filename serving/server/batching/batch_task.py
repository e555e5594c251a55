"""The rows that one request brings to a batch, and the outcome it waits for."""

import dataclasses
import math
import time
from collections.abc import Hashable, Mapping, Sequence
from concurrent import futures
from itertools import accumulate

import numpy as np


@dataclasses.dataclass(eq=False)
class BatchTask:
    """A request, or the part of one that goes into one batch.

    Attributes:
        inputs: The request's arrays by input alias, ``size`` rows each.
        size: How many rows that is.
        kind: Only tasks of one kind can be put into one batch.
        outcome: Gets the outputs of these rows, or the error.
        queued_at: When it came, in seconds of the monotonic clock.
        deadline: When its caller gives up, by the same clock.
    """

    inputs: Mapping[str, np.ndarray]
    size: int
    kind: Hashable = None
    outcome: "futures.Future[dict[str, np.ndarray]]" = dataclasses.field(
        default_factory=futures.Future
    )
    queued_at: float = dataclasses.field(default_factory=time.monotonic)
    deadline: float = math.inf

    def parts(self, sizes: Sequence[int]) -> list["BatchTask"]:
        """Cuts the task up.

        Args:
            sizes: The rows of each part; together, the task's own.

        Returns:
            The parts in their order, each with an outcome of its own.
        """
        if len(sizes) == 1:
            return [self]
        return [
            dataclasses.replace(
                self,
                inputs={name: array[end - size : end] for name, array in self.inputs.items()},
                size=size,
                outcome=futures.Future(),
            )
            for size, end in zip(sizes, accumulate(sizes), strict=True)
        ]
