"""Masks many photographs with several requests in flight and a bounded amount of memory."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from dataclasses import dataclass

from serving.client.errors import MaskServiceError, ServiceError
from serving.client.photograph_plan import MaskTask

# From the bytes of a photograph to those of its result.
MakeResult = Callable[[MaskTask, bytes], bytes]
# How long a request to stop may go unnoticed.
_LOOK_EVERY_S = 0.2


class OutputNotWritable(Exception):
    """A result cannot be written, and so probably no other can."""


@dataclass(frozen=True)
class MaskOutcome:
    """How one photograph went.

    Attributes:
        task: The photograph and where its result should be.
        failure: Why there is none, in one line; None if there is one.
    """

    task: MaskTask
    failure: str | None = None


def mask_photographs(
    tasks: Iterable[MaskTask],
    make_result: MakeResult,
    save: Callable[[MaskTask, bytes], None],
    *,
    in_flight: int,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Iterator[MaskOutcome]:
    """Masks photographs side by side; at most ``in_flight`` of them are in memory.

    Args:
        tasks: What to do.
        make_result: Makes a result. Called from several threads.
        save: Keeps it; an OSError says that it cannot. Called from several threads.
        in_flight: How many to work on at the same time.
        is_stopped: Whether to begin no more; what is in flight is still finished.

    Yields:
        The outcomes, as the photographs are finished; a failed one does not stop the others.

    Raises:
        ServiceError: No photograph can succeed: the server or the model is missing.
        OutputNotWritable: A result cannot be written.
        KeyboardInterrupt: The user did not want to wait for what is in flight.

        The first two are raised after the outcomes of what was in flight.
    """
    waiting = iter(tasks)
    pool = futures.ThreadPoolExecutor(in_flight, thread_name_prefix="mask")
    running: set[futures.Future[MaskOutcome]] = set()
    fatal: BaseException | None = None
    is_interrupted = False
    try:
        while True:
            if fatal is None and not is_stopped():
                for task in itertools.islice(waiting, in_flight - len(running)):
                    running.add(pool.submit(_mask_one, task, make_result, save))
            if not running:
                break
            done, running = futures.wait(running, _LOOK_EVERY_S, futures.FIRST_COMPLETED)
            for future in done:
                fatal = fatal or future.exception()
                if future.exception() is None:
                    yield future.result()
    except KeyboardInterrupt:
        is_interrupted = True
        raise
    finally:
        pool.shutdown(wait=not is_interrupted)
    if fatal is not None:
        raise fatal


def _mask_one(
    task: MaskTask, make_result: MakeResult, save: Callable[[MaskTask, bytes], None]
) -> MaskOutcome:
    try:
        photograph = task.photograph.read_bytes()
    except OSError as error:
        return MaskOutcome(task, f"Cannot read it: {error.strerror}.")
    try:
        result = make_result(task, photograph)
    except ServiceError:
        raise
    except MaskServiceError as error:
        return MaskOutcome(task, str(error))
    try:
        save(task, result)
    except OSError as error:
        raise OutputNotWritable(
            f"Cannot write {task.destination}: {error.strerror}. Choose another OUTPUT."
        ) from error
    return MaskOutcome(task)
