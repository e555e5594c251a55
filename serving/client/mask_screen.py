"""What the user of ``studio-mask mask`` sees: a line per failure, and a bar if it takes long."""

import contextlib
import time
from collections.abc import Callable, Iterator

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

# A run that is over sooner needs no bar.
_BAR_AFTER_S = 2.0


class MaskScreen:
    """The terminal. Results may go through stdout, so all but the summary goes to stderr."""

    def __init__(self) -> None:
        """Finds out what stderr can show."""
        self._console = Console(stderr=True)

    def say(self, text: str) -> None:
        """Prints one line above the bar, as it is: names may hold what Rich takes for markup."""
        self._console.print(_printable(text), markup=False, highlight=False, soft_wrap=True)

    def summarize(self, text: str) -> None:
        """Prints the last line."""
        click.echo(_printable(text))

    @contextlib.contextmanager
    def progress_bar(self, total: int) -> Iterator[Callable[[], None]]:
        """Yields what to call after each photograph; the bar appears once the run takes long."""
        progress = Progress(
            TextColumn("Masking"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        bar = progress.add_task("", total=total)
        started = time.monotonic()

        def advance() -> None:
            progress.advance(bar)
            if time.monotonic() - started > _BAR_AFTER_S:
                progress.start()

        try:
            yield advance
        finally:
            progress.stop()


def _printable(text: str) -> str:
    """Returns the text with a mark for each byte of a file name that is no character."""
    return text.encode(errors="replace").decode()
