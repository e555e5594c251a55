"""Sends everything that libraries print to a file, so that the screen stays the user's."""

import contextlib
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TextIO

from pipeline.dropping_stream import DroppingStream


@contextlib.contextmanager
def chatter_to(path: Path) -> Iterator[TextIO]:
    """Redirects standard output and standard error, of C++ code too, to a file.

    What the file does not take, because its disk has become full, is lost without an error.

    Args:
        path: The log; its folder is made, the text is appended.

    Yields:
        The standard output as it was, to write to the user.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    screen_fd, error_fd = os.dup(1), os.dup(2)
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    handler = logging.StreamHandler(_writer(log, "a", buffering=1))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    level = root.level
    logging.captureWarnings(True)
    try:
        os.dup2(log, 1)
        os.dup2(log, 2)
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        with (
            warnings.catch_warnings(),
            _writer(screen_fd, "w") as screen,
            contextlib.redirect_stdout(DroppingStream(sys.stdout)),
            contextlib.redirect_stderr(DroppingStream(sys.stderr)),
        ):
            warnings.simplefilter("default")
            yield screen
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        logging.captureWarnings(False)
        _flush(sys.stdout, 1)
        _flush(sys.stderr, 2)
        os.dup2(screen_fd, 1)
        os.dup2(error_fd, 2)
        for descriptor in (screen_fd, error_fd, log):
            os.close(descriptor)


def _writer(descriptor: int, mode: Literal["a", "w"], buffering: int = -1) -> TextIO:
    """Opens a descriptor; names of files that are no text are written with backslashes."""
    return open(descriptor, mode, buffering, errors="backslashreplace", closefd=False)


def _flush(stream: TextIO, descriptor: int) -> None:
    """Writes what is buffered to the log; on a full disk drops it, or the user's screen got it."""
    try:
        stream.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
        stream.flush()
