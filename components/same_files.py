"""Tells whether two directories hold the same, on whatever file systems they lie."""

import os
from collections.abc import Collection

from tfx import v1 as tfx

_BLOCK = 2**20


def same_files(one: str, other: str, ignored: Collection[str] = ()) -> bool:
    """Compares the files of two directories, those in their subdirectories too, byte for byte.

    Args:
        one: A directory.
        other: Another.
        ignored: Paths, relative to either, that do not count.
    """
    files = _files(one) - set(ignored)
    if files != _files(other) - set(ignored):
        return False
    return all(_equal(os.path.join(one, name), os.path.join(other, name)) for name in files)


def _files(folder: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(place, name), folder)
        for place, _, names in tfx.dsl.io.fileio.walk(folder)
        for name in names
    }


def _equal(one: str, other: str) -> bool:
    fileio = tfx.dsl.io.fileio
    with fileio.open(one, "rb") as first, fileio.open(other, "rb") as second:
        while True:
            block = first.read(_BLOCK)
            if block != second.read(_BLOCK):
                return False
            if not block:
                return True
