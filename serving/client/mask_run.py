"""Masks many photographs with several requests in flight and a bounded amount of memory."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from dataclasses import dataclass

from serving.atomic_file import write_atomically
from serving.client.errors import MaskServiceError, ServiceError
from serving.client.photograph_plan import MaskTask


class OutputNotWritable(Exception):  # noqa: N818 - it names the output's state
    """A result cannot be written, and so probably no other can."""


@dataclass(frozen=True)
class MaskOutcome:
    """How one photograph went.

    Attributes:
        task: The photograph and where its mask should be.
        failure: Why there is no mask, in one line; None if there is one.
    """

    task: MaskTask
    failure: str | None = None


def mask_photographs(
    tasks: Iterable[MaskTask], make_result: Callable[[bytes], bytes], *, in_flight: int
) -> Iterator[MaskOutcome]:
    """Masks photographs side by side; at most ``in_flight`` of them are in memory.

    Args:
        tasks: What to do.
        make_result: Turns the bytes of a photograph into those of the file to write, for example
            ``MaskClient.mask``. Called from several threads.
        in_flight: How many to work on at the same time.

    Yields:
        The outcomes, as the photographs are finished; a failed one does not stop the others.

    Raises:
        ServiceError: No photograph can succeed: the server or the model is missing.
        OutputNotWritable: A result cannot be written.

        Either is raised after the outcomes of what was in flight.
    """
    waiting = iter(tasks)
    with futures.ThreadPoolExecutor(in_flight, thread_name_prefix="mask") as pool:
        running: set[futures.Future[MaskOutcome]] = set()
        fatal: BaseException | None = None
        while True:
            if fatal is None:
                for task in itertools.islice(waiting, in_flight - len(running)):
                    running.add(pool.submit(_mask_one, task, make_result))
            if not running:
                break
            done, running = futures.wait(running, return_when=futures.FIRST_COMPLETED)
            for future in done:
                fatal = fatal or future.exception()
                if future.exception() is None:
                    yield future.result()
        if fatal is not None:
            raise fatal


def _mask_one(task: MaskTask, make_result: Callable[[bytes], bytes]) -> MaskOutcome:
    try:
        photograph = task.photograph.read_bytes()
    except OSError as error:
        return MaskOutcome(task, f"Cannot read it: {error.strerror}.")
    try:
        result = make_result(photograph)
    except ServiceError:
        raise
    except MaskServiceError as error:
        return MaskOutcome(task, str(error))
    try:
        write_atomically(task.destination, result)
    except OSError as error:
        raise OutputNotWritable(
            f"Cannot write {task.destination}: {error.strerror}. Choose another OUTPUT."
        ) from error
    return MaskOutcome(task)
