"""The few file operations that a rollback needs, where the serving directory lies.

A folder of this machine is worked on with Python's own functions: TensorFlow takes seconds to
import, and whoever rolls back is in a hurry. A URL goes through ``tf.io.gfile``. TFX's ``fileio``
has the same functions for reading, so that the pipeline's steps hand that over.
"""

import os
import shutil
from collections.abc import Iterable
from typing import IO, Any, Protocol


class ReadableFiles(Protocol):
    """What reading takes; ``tfx.dsl.io.fileio`` has it too."""

    def exists(self, path: Any) -> bool:
        """Returns whether there is something at a path."""

    def isdir(self, path: Any) -> bool:
        """Returns whether a path is a folder."""

    def listdir(self, path: Any) -> Iterable[Any]:
        """Returns the names in a folder; some file systems end those of folders with a slash."""

    def open(self, path: Any, mode: str = "r") -> Any:
        """Opens a file."""


class Files(ReadableFiles, Protocol):
    """What moving takes besides."""

    def makedirs(self, path: str) -> None:
        """Makes a folder and those above it, unless they are there."""

    def rename(self, source: str, target: str) -> None:
        """Renames a file or folder; nothing may be there under the new name."""

    def replace(self, source: str, target: str) -> None:
        """Renames a file; one that is there under the new name goes."""

    def names(self, folder: str) -> set[str]:
        """Returns the files below a folder, as paths relative to it."""

    def copy(self, source: str, target: str) -> None:
        """Copies a file; one that is there goes."""

    def rmtree(self, path: str) -> None:
        """Removes a folder with all that is in it."""

    def remove(self, path: str) -> None:
        """Removes a file."""


class LocalFiles:
    """Files of this machine; what a function does is said in ``Files``."""

    exists = staticmethod(os.path.exists)
    isdir = staticmethod(os.path.isdir)
    listdir = staticmethod(os.listdir)
    rename = staticmethod(os.rename)
    replace = staticmethod(os.replace)
    rmtree = staticmethod(shutil.rmtree)
    remove = staticmethod(os.remove)

    def open(self, path: Any, mode: str = "r") -> IO[Any]:  # noqa: D102
        return open(path, mode)

    def makedirs(self, path: str) -> None:  # noqa: D102
        os.makedirs(path, exist_ok=True)

    def names(self, folder: str) -> set[str]:  # noqa: D102
        return _names(os.walk(folder), folder)

    def copy(self, source: str, target: str) -> None:  # noqa: D102
        shutil.copyfile(source, target)


class RemoteFiles:
    """Files of whatever file system TensorFlow reads and writes; see ``Files``."""

    def __init__(self) -> None:
        """Imports TensorFlow."""
        import tensorflow as tf

        self._gfile = tf.io.gfile
        self.exists = tf.io.gfile.exists
        self.isdir = tf.io.gfile.isdir
        self.listdir = tf.io.gfile.listdir
        self.makedirs = tf.io.gfile.makedirs
        self.rmtree = tf.io.gfile.rmtree
        self.remove = tf.io.gfile.remove

    def open(self, path: Any, mode: str = "r") -> Any:  # noqa: D102
        if "w" in mode:
            self._make_way(path)
        return self._gfile.GFile(path, mode)

    def rename(self, source: str, target: str) -> None:
        """Refuses: an object store would rename file by file, which is no renaming."""
        raise OSError(f"{source} cannot be renamed to {target} at once")

    def replace(self, source: str, target: str) -> None:  # noqa: D102
        self._gfile.rename(source, target, overwrite=True)

    def names(self, folder: str) -> set[str]:  # noqa: D102
        return _names(self._gfile.walk(folder), folder)

    def copy(self, source: str, target: str) -> None:  # noqa: D102
        self._gfile.makedirs(os.path.dirname(target))
        self._make_way(target)
        self._gfile.copy(source, target)

    def _make_way(self, path: str) -> None:
        """Removes a file, because TensorFlow's file system in memory appends to what is there."""
        if self._gfile.exists(path):
            self._gfile.remove(path)


def _names(walked: Iterable[tuple[str, list[str], list[str]]], folder: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(place, name), folder)
        for place, _, names in walked
        for name in names
    }


def files_of(path: str) -> Files:
    """Returns what works on a path.

    Args:
        path: Of this machine, or a URL that TensorFlow reads and writes, such as ``gs://``.
    """
    return RemoteFiles() if "://" in path else LocalFiles()
