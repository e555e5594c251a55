"""Removes what a killed run left: files that it was writing beside their destinations."""

import contextlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from serving.atomic_file import partial_stem

# As ``write_atomically`` names them.
_PARTIAL = re.compile(r"\.(?P<name>.+)\.(?P<process>\d+)\.partial", re.DOTALL)


def remove_leftovers(destinations: Iterable[Path]) -> None:
    """Removes the unfinished files of processes that no longer run.

    Args:
        destinations: The files that are to be written; nothing else is looked at.
    """
    names: dict[Path, set[str]] = {}
    for destination in destinations:
        names.setdefault(destination.parent, set()).add(partial_stem(destination.name))
    for folder, wanted in names.items():
        if not folder.is_dir():
            continue
        for name in os.listdir(folder):
            match = _PARTIAL.fullmatch(name)
            if match and match["name"] in wanted and not _is_running(int(match["process"])):
                # One that cannot be removed is in nobody's way.
                with contextlib.suppress(OSError):
                    (folder / name).unlink()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
