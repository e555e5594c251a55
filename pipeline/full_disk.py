"""Recognizes a full disk in what the libraries raise, and says which folder's it is."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Beam, TensorFlow, HDF5 and SQLite hand on the text, not the number.
_TEXTS = (
    *(os.strerror(number) for number in _NUMBERS),
    "database or disk is full",
)


def full_disk(error: BaseException, folder: Path) -> str | None:
    """Returns the line for the user, if an error comes from a full disk.

    Args:
        error: With what it was raised from, or raised while it was handled.
        folder: That the run writes to, for a file that the error does not name.

    Returns:
        Which folder's disk is full, how much is free there, and what to do; None for any other
        error. A quota, and a limit on the size of files, count as a full disk.
    """
    causes = list(_chain(error))
    for cause in causes:
        text = str(cause)
        number = cause.errno if isinstance(cause, OSError) else None
        if number not in _NUMBERS and not any(each in text for each in _TEXTS):
            continue
        where = _named(causes, folder)
        free = shutil.disk_usage(where).free / 2**20
        return (
            f"no space is left on the disk of {where} ({free:,.0f} MiB are free now that what was "
            "begun is removed). Make room there and run the same command again: finished steps "
            "are kept"
        )
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _named(causes: list[BaseException], folder: Path) -> Path:
    """Returns the folder of temporary files if an error names it, else the one written to."""
    temporary = Path(tempfile.gettempdir())
    texts = [str(cause) for cause in causes]
    within = any(str(folder) in text for text in texts)
    return temporary if not within and any(f"{temporary}{os.sep}" in t for t in texts) else folder
