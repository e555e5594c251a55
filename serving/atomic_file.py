"""Writes files that are either whole or not there."""

import contextlib
import hashlib
import os
from pathlib import Path

# A longer name, with what is put around it, might be longer than file systems take.
_LONGEST = 100


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
    partial = path.with_name(partial_name(path.name))
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise


def partial_name(name: str) -> str:
    """Returns what a file is called while this process writes it: ``.NAME.PROCESS.partial``."""
    return f".{partial_stem(name)}.{os.getpid()}.partial"


def partial_stem(name: str) -> str:
    """Returns what stands for a file's name there: the name, or a digest of one that is long."""
    content = os.fsencode(name)
    return name if len(content) <= _LONGEST else hashlib.sha256(content).hexdigest()[:32]
