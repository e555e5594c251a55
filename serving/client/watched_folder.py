"""Tells which photographs of a watched folder are new and completely written."""

import os
from collections.abc import Iterable
from pathlib import Path

# What a look at a file shows: size in bytes and time of the last change in nanoseconds.
_Look = tuple[int, int]


class WatchedFolder:
    """What was seen of each photograph, from one look at the folder to the next.

    A photograph is ready when two looks in a row show the same size and time of change: a camera or
    a copy that is still writing changes them. It is ready once, and again only when it has changed.
    """

    def __init__(self) -> None:
        """Nothing was seen yet."""
        self._seen: dict[Path, _Look] = {}
        self._given: dict[Path, _Look] = {}

    def ready(self, photographs: Iterable[Path]) -> list[Path]:
        """Looks at photographs.

        Args:
            photographs: All that are waiting now; one that is missing here is forgotten.

        Returns:
            Those that are ready and were not ready before, in the given order.
        """
        looks = {path: look for path in photographs if (look := _look_at(path)) is not None}
        ready = [
            path
            for path, look in looks.items()
            if self._seen.get(path) == look and self._given.get(path) != look
        ]
        self._seen = looks
        self._given = {path: look for path, look in self._given.items() if path in looks}
        self._given.update((path, looks[path]) for path in ready)
        return ready

    def give_back(self, photographs: Iterable[Path]) -> None:
        """Makes photographs ready again at the next look, as nothing could be done with them."""
        for path in photographs:
            self._given.pop(path, None)


def _look_at(path: Path) -> _Look | None:
    """Returns None for a file that has gone in the meantime."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    except OSError:
        # It is there and cannot be looked at: whoever reads it will say why.
        return (-1, -1)
    return (status.st_size, status.st_mtime_ns)
