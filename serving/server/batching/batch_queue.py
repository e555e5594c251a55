"""The batches of one kind of request that wait for a thread, and who may still join them.

The rules are those of TensorFlow Serving's SharedBatchScheduler.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from serving.errors import ServingError, StatusCode
from serving.server.batching.batch_task import BatchTask
from serving.server.batching.batching_parameters import BatchingParameters

ProcessBatch = Callable[[list[BatchTask]], None]


@dataclass(eq=False)
class Batch:
    """Tasks that will run together.

    Attributes:
        due_at: When it runs even if it is not full, in seconds of the monotonic clock.
        tasks: They are all of one kind.
        size: Their rows.
        is_open: More tasks may join.
    """

    due_at: float
    tasks: list[BatchTask] = field(default_factory=list)
    size: int = 0
    is_open: bool = True


class BatchQueue:
    """Batches in the order in which they were begun; to be used under the scheduler's lock.

    Attributes:
        process: Runs the tasks of a batch and gives each its outcome.
        running: How many of its batches are running.
        is_closed: Nothing may be added any more, and no batch waits for company.
    """

    def __init__(self, parameters: BatchingParameters, process: ProcessBatch) -> None:
        """Makes an empty queue.

        Args:
            parameters: How large batches get, how long they wait, and how many may.
            process: Runs the tasks of a batch and gives each its outcome.
        """
        self._parameters = parameters
        self._batches: list[Batch] = []
        self._open: dict[Hashable, Batch] = {}
        self.process = process
        self.running = 0
        self.is_closed = False

    def __len__(self) -> int:
        """Returns how many batches wait."""
        return len(self._batches)

    def add(self, task: BatchTask) -> list[BatchTask]:
        """Puts a task into batches: one, unless large batches are split.

        Args:
            task: The task.

        Returns:
            The task, or its parts.

        Raises:
            ServingError: INVALID_ARGUMENT for a task that is too large for any batch, UNAVAILABLE
                if the queue is full.
        """
        self._check_room(task)
        parts = task.parts(self._part_sizes(task))
        for part in parts:
            batch = self._open.get(part.kind)
            if batch is None or batch.size + part.size > self._parameters.largest_batch:
                batch = self._begin(part.kind)
            batch.tasks.append(part)
            batch.size += part.size
        return parts

    def due_at(self) -> float | None:
        """Returns when the next batch is due, None if there is no batch; 0 is at once."""
        return min(map(self._due_at, self._batches), default=None)

    def take(self, now: float) -> Batch | None:
        """Removes the first batch that is due.

        Args:
            now: The time in seconds of the monotonic clock.

        Returns:
            The batch; None if none is due.
        """
        for index, batch in enumerate(self._batches):
            if self._due_at(batch) <= now:
                del self._batches[index]
                if batch.is_open:
                    del self._open[batch.tasks[0].kind]
                return batch
        return None

    def _due_at(self, batch: Batch) -> float:
        is_full = batch.size >= self._parameters.largest_batch
        return 0 if is_full or not batch.is_open or self.is_closed else batch.due_at

    def _begin(self, kind: Hashable) -> Batch:
        if kind in self._open:
            self._open[kind].is_open = False
        batch = Batch(due_at=time.monotonic() + self._parameters.batch_timeout_micros / 1e6)
        self._open[kind] = batch
        self._batches.append(batch)
        return batch

    def _part_sizes(self, task: BatchTask) -> list[int]:
        """Cuts a large task so that it fills the open batch first, and full ones after it."""
        limit = self._parameters.largest_batch
        room = limit - self._open_size(task)
        if task.size <= room or not self._parameters.enable_large_batch_splitting:
            return [task.size]
        full, rest = divmod(task.size - room, limit)
        return [size for size in (room, *[limit] * full, rest) if size]

    def _open_size(self, task: BatchTask) -> int:
        batch = self._open.get(task.kind)
        return 0 if batch is None else batch.size

    def _check_room(self, task: BatchTask) -> None:
        parameters = self._parameters
        if task.size > parameters.max_batch_size:
            raise ServingError(
                StatusCode.INVALID_ARGUMENT,
                f"Task size {task.size} is larger than maximum input batch size "
                f"{parameters.max_batch_size}",
            )
        limit, most = parameters.largest_batch, parameters.max_enqueued_batches
        open_size = self._open_size(task)
        full = "The batch scheduling queue to which this task was submitted is full; "
        if parameters.enable_large_batch_splitting:
            # TensorFlow Serving's queue always has an open batch, and counts it, empty or not.
            enqueued = len(self._batches) + (task.kind not in self._open)
            capacity = max(0, (most - enqueued) * limit + limit - open_size)
            if task.size > capacity:
                raise ServingError(
                    StatusCode.UNAVAILABLE,
                    f"{full}task size is {task.size} but scheduling capacity is only {capacity} "
                    f"(num_enqueued_batches={enqueued}, max_enqueued_batches={most}, "
                    f"open_batch_size={open_size}, max_execution_batch_size={limit})",
                )
        elif len(self._batches) >= most and (
            task.kind not in self._open or open_size + task.size > limit
        ):
            raise ServingError(
                StatusCode.UNAVAILABLE,
                f"{full}currently {len(self._batches)} batches enqueued and max_enqueued_batches "
                f"is {most}",
            )
