"""Standard output that survives a full disk.

A Beam worker that fails prints why before it tells the runner. Where the log lies on the disk that
has just become full, printing would raise, and the runner, never told, would wait for ever.
"""

import contextlib
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
