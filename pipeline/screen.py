"""The one screen a user reads: a line per step with its time, and a bar while it runs."""

import contextlib
import logging
import time
from dataclasses import dataclass
from types import TracebackType

import absl.logging
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from pipeline.progress import Advance, heard_by

# What TFX's LocalDagRunner and launcher log, on 1.16 and 1.21 alike.
_RUNNING = "Component %s is running."
_FINISHED = "Component %s is finished."
_CACHED = "A cached execution %d is used."


@dataclass(frozen=True)
class Step:
    """A finished step.

    Attributes:
        name: The component's id.
        seconds: Wall time.
        cached: Whether an earlier run's result was used.
    """

    name: str
    seconds: float
    cached: bool


class Screen(logging.Handler):
    """Draws what the steps of a run log.

    Use it as a context manager around the run; ``steps`` then tells what was run.
    """

    def __init__(self, console: Console) -> None:
        """Makes the screen.

        Args:
            console: Where to draw; where it is no terminal, only the lines of finished steps come.
        """
        super().__init__(logging.INFO)
        self.steps: list[Step] = []
        self.running: str | None = None
        self._console = console
        self._started = 0.0
        self._cached = False
        self._verbosity = absl.logging.get_verbosity()
        self._listening = contextlib.ExitStack()
        self._progress = Progress(
            TextColumn("  {task.description:<24}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            transient=True,
        )

    def __enter__(self) -> "Screen":
        """Starts to listen."""
        # The flag, not the logger's level: Transform saves the flags and sets them back.
        self._verbosity = absl.logging.get_verbosity()
        absl.logging.set_verbosity(absl.logging.INFO)
        absl.logging.get_absl_logger().addHandler(self)
        self._listening.enter_context(heard_by(self))
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops to listen; a step that was running is shown as failed or interrupted."""
        self._progress.stop()
        self._listening.close()
        absl.logging.get_absl_logger().removeHandler(self)
        absl.logging.set_verbosity(self._verbosity)
        if self.running and kind is not None:
            what = "failed" if issubclass(kind, Exception) else "interrupted"
            self._line(self.running, time.monotonic() - self._started, what)

    def emit(self, record: logging.LogRecord) -> None:
        """Draws one log record, if it is one of those the screen knows."""
        advance = getattr(record, "advance", None)
        if isinstance(advance, Advance):
            self._advance(advance)
        elif record.msg == _RUNNING:
            [name] = record.args or ()
            self.begin(str(name))
        elif record.msg == _CACHED:
            self._cached = True
        elif record.msg == _FINISHED:
            self.end()

    def begin(self, name: str) -> None:
        """Shows that a step has begun."""
        self.running, self._started, self._cached = name, time.monotonic(), False
        self._progress.add_task(name, total=None, note="")

    def end(self, note: str = "") -> None:
        """Shows that the running step is finished, and a note beside its time."""
        assert self.running is not None
        self._clear()
        step = Step(self.running, time.monotonic() - self._started, self._cached)
        self.steps.append(step)
        self._line(step.name, step.seconds, "cached" if step.cached else note)
        self.running = None

    def advance_to(self, done: int, total: int) -> None:
        """Shows that ``done`` of the running step's ``total`` units are finished."""
        for task in self._progress.tasks:
            self._progress.update(task.id, completed=done, total=total)

    def _advance(self, advance: Advance) -> None:
        for task in self._progress.tasks:
            done = task.completed + 1 if advance.done is None else advance.done
            self._progress.update(task.id, completed=done, total=advance.total, note=advance.note)

    def _clear(self) -> None:
        for task in self._progress.tasks:
            self._progress.remove_task(task.id)

    def _line(self, name: str, seconds: float, note: str) -> None:
        self._console.print(Text(f"  {name:<24} {seconds:7.1f} s  {note}".rstrip()))
