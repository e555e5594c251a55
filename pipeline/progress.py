"""How a step says that it moves on, without knowing whether a screen, a log or nobody listens.

A step logs records that carry an ``Advance``; the local runner's screen adds them up and draws
them, and on a cluster they are plain log lines.
"""

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass

LOGGER = logging.getLogger("studio_mask.progress")


@dataclass(frozen=True)
class Advance:
    """The running step is a unit further.

    Attributes:
        total: Units of the whole step.
        note: What to show beside the bar, e.g. the loss.
        done: Units that are done; None says one more than before.
    """

    total: int
    note: str
    done: int | None = None


@dataclass(frozen=True)
class _Part:
    index: int
    count: int
    name: str


_WHOLE = _Part(0, 1, "")
_PART: ContextVar[_Part] = ContextVar("_PART", default=_WHOLE)


@contextlib.contextmanager
def part(index: int, count: int, name: str) -> Iterator[None]:
    """What is reported within is one of ``count`` equal parts of the running step.

    Args:
        index: Of the part, from 0.
        count: How many there are.
        name: Of one of them, for the notes: "trial" makes "trial 2/8".
    """
    token = _PART.set(_Part(index, count, f"{name} {index + 1}/{count}  "))
    try:
        yield
    finally:
        _PART.reset(token)


@contextlib.contextmanager
def heard_by(handler: logging.Handler) -> Iterator[None]:
    """Hands all that is reported in this process to a handler, and keeps it out of the log."""
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False  # A line per photograph would drown the log.
    LOGGER.addHandler(handler)
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.propagate = True


def advance(total: int, note: str = "", done: int | None = None) -> None:
    """Logs that the running step is a unit further.

    Args:
        total: Units of the whole step, or of its part.
        note: What to show beside the bar.
        done: Units that are done; None says one more than before.
    """
    now = _PART.get()
    if done is not None:
        done += now.index * total
    record = Advance(total * now.count, now.name + note, done)
    LOGGER.info("%s of %d: %s", done or "one more", record.total, note, extra={"advance": record})
