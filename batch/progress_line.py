"""One line while a batch run works: how many photographs are done, how fast, how long still.

A terminal gets a bar that moves; a file gets a line a minute, so that the log of a night's run can
be followed. Workers of this process report each photograph. Those of other processes and machines
report to nobody here, so that the output is looked at as well: there a finished shard shows.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from pipeline.progress import Advance, heard_by

_LINE_EVERY_S = 60.0
_LOOK_EVERY_S = 10.0


class ProgressLine(logging.Handler):
    """Listens to the workers of this process, and looks for finished work, while it is entered."""

    def __init__(self, console: Console, total: int, done: int, look: Callable[[], int]) -> None:
        """Makes the line.

        Args:
            console: Where to draw.
            total: Photographs of the whole run.
            done: Of those, masked by earlier runs.
            look: Returns how many lie finished in the output, those of earlier runs among them.
        """
        super().__init__(logging.INFO)
        self._console = console
        self._total = total
        self._before = done
        self._done = done
        self._look = look
        self._started = self._said = time.monotonic()
        self._progress = Progress(
            TextColumn("  Masking"),
            BarColumn(bar_width=24),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._bar = self._progress.add_task(self.text(), total=total, completed=done)
        self._open = contextlib.ExitStack()

    @property
    def seconds(self) -> float:
        """Since it was entered."""
        return time.monotonic() - self._started

    @property
    def rate(self) -> float:
        """Photographs a second so far, of this run."""
        return (self._done - self._before) / max(self.seconds, 1e-9)

    def text(self) -> str:
        """Returns the line."""
        shown = f"{self._done:,}/{self._total:,} photographs"
        if self._done == self._before:
            return shown
        left = (self._total - self._done) / self.rate
        return f"{shown}, {self.rate:.1f} a second, {_duration(left)} left"

    def emit(self, record: logging.LogRecord) -> None:
        """Counts a photograph."""
        if isinstance(getattr(record, "advance", None), Advance):
            self._show(self._done + 1)

    def __enter__(self) -> "ProgressLine":
        """Starts to listen and to look."""
        self._started = self._said = time.monotonic()
        ended = threading.Event()
        looking = threading.Thread(target=self._keep_looking, args=(ended,), daemon=True)
        looking.start()
        self._open.callback(looking.join)
        self._open.callback(ended.set)
        self._open.enter_context(heard_by(self))
        self._open.enter_context(self._progress)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops."""
        self._open.close()

    def _keep_looking(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_EVERY_S):
            # An output that cannot be listed is the run's to tell.
            with contextlib.suppress(Exception):
                done = self._look()
                self.acquire()
                try:
                    self._show(done)
                finally:
                    self.release()

    def _show(self, done: int) -> None:
        """Draws that so many are done, unless more are known to be; the handler's lock is held."""
        # A worker that failed may have reported photographs that another one did again.
        self._done = min(max(self._done, done), self._total)
        self._progress.update(self._bar, completed=self._done, description=self.text())
        if not self._console.is_terminal and time.monotonic() - self._said >= _LINE_EVERY_S:
            self._said = time.monotonic()
            self._console.print(Text(f"  {self.text()}"))


def _duration(seconds: float) -> str:
    """Returns ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
