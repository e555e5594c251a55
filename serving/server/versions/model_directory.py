"""Which versions of a model lie in its base path: ``<base path>/<version>/saved_model.pb``.

Names are read as TensorFlow Serving reads them, as 64-bit integers: ``00000123`` is version 123 and
``-5`` counts too. Whatever else lies there is ignored, and so is a version that is still being
written under a temporary name.
"""

import os
import re
from pathlib import Path

_INTEGER = re.compile(r"[+-]?[0-9]+")
_INT64 = range(-(2**63), 2**63)


def version_directories(base_path: str | os.PathLike[str]) -> dict[int, Path]:
    """Lists the versions in a base path.

    Args:
        base_path: The directory whose children are the versions.

    Returns:
        The directories by version number, oldest version first. Of two names for one number, such
        as ``7`` and ``007``, the alphabetically last counts.

    Raises:
        FileNotFoundError: The base path is missing.
        OSError: It cannot be read, for example because it is a file.
    """
    # A listing that knows what is a directory: asked later, a base path that is being moved away
    # would look like one that holds no version any more.
    with os.scandir(base_path) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir())
    found = {
        int(name): Path(base_path, name)
        for name in names
        if _INTEGER.fullmatch(name) and int(name) in _INT64
    }
    return dict(sorted(found.items()))


def content_stamp(directory: Path) -> frozenset[tuple[str, int, int]]:
    """Describes what a version directory holds now, to see later whether it has changed.

    Args:
        directory: A version's directory; it may be incomplete or gone.

    Returns:
        Path, size in bytes and time of last change in nanoseconds, for each file.
    """
    stamp = set()
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder, name)
            try:
                status = path.stat()
            except OSError:
                # Gone meanwhile, or not readable: then loading it says so.
                continue
            stamp.add((str(path), status.st_size, status.st_mtime_ns))
    return frozenset(stamp)
