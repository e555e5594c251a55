"""One line while a batch run works: how many photographs are done, how fast, how long still.

A terminal gets a bar that moves; a file gets a line a minute, so that the log of a night's run can
be followed.
"""

import logging
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from pipeline.progress import LOGGER, Advance

_LINE_EVERY_S = 60.0


class ProgressLine(logging.Handler):
    """Listens to the workers of this process while it is entered."""

    def __init__(self, console: Console, total: int, done: int) -> None:
        """Makes the line.

        Args:
            console: Where to draw.
            total: Photographs of the whole run.
            done: Of those, masked by earlier runs.
        """
        super().__init__(logging.INFO)
        self._console = console
        self._total = total
        self._before = done
        self._done = done
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
        if not isinstance(getattr(record, "advance", None), Advance):
            return
        self._done += 1
        self._progress.update(self._bar, completed=self._done, description=self.text())
        if not self._console.is_terminal and time.monotonic() - self._said >= _LINE_EVERY_S:
            self._said = time.monotonic()
            self._console.print(Text(f"  {self.text()}"))

    def __enter__(self) -> "ProgressLine":
        """Starts to listen."""
        self._started = self._said = time.monotonic()
        LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False  # A line per photograph would drown the log.
        LOGGER.addHandler(self)
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stops."""
        self._progress.stop()
        LOGGER.removeHandler(self)
        LOGGER.propagate = True


def _duration(seconds: float) -> str:
    """Returns ``1:02:03`` or ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
