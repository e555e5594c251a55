"""Writes files that are either whole or not there."""

import contextlib
import os
from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Writes beside the destination, then renames: a reader or a killed run sees no half file.

    Args:
        path: The destination; its folder is made if needed, and an older file replaced.
        content: The file's bytes.

    Raises:
        OSError: The folder or the file cannot be written. Nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not a tempfile: that would be readable by its owner only, and so would the result.
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
