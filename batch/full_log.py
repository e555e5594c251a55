"""Lets a run survive that its log cannot be written any more.

A Beam worker that fails prints why before it tells the runner. Where the log lies on the disk that
has just become full, printing raises, the runner is never told, and waits for ever.
"""

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO


class DroppingStream:
    """A text stream that drops what its file does not take."""

    def __init__(self, stream: TextIO) -> None:
        """Wraps a stream."""
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes, or does not; returns the number of characters that it was given."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hands on what is buffered, or does not."""
        with contextlib.suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Returns everything else of the stream."""
        return getattr(self._stream, name)


@contextlib.contextmanager
def log_may_be_full() -> Iterator[None]:
    """Keeps ``print`` and ``logging`` from raising while it is entered."""
    with (
        contextlib.redirect_stdout(DroppingStream(sys.stdout)),
        contextlib.redirect_stderr(DroppingStream(sys.stderr)),
    ):
        yield
