"""Writes files that are either whole or not there, on any file system that Beam knows."""

import contextlib
import errno
import os
from pathlib import Path

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from batch.batch_failed import BatchFailed
from components.folder_files import has_folders, is_local
from serving.atomic_file import write_atomically

_PLAIN = "application/octet-stream"


def write_whole(path: str, content: bytes) -> None:
    """Writes a file: beside its place first, and then renamed.

    An object store shows an object only when it is whole, so there nothing is renamed.

    Args:
        path: Local, or a URL; its folder is made, and an older file replaced.
        content: The file's bytes.

    Raises:
        BatchFailed: If it cannot be written; names the file, and tells a full disk.
    """
    try:
        if is_local(path):
            write_atomically(Path(path), content)
        elif has_folders(path):
            _rename_into_place(path, content)
        else:
            _write(path, content)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text = f"the disk is full: {path} cannot be written"
        else:
            text = f"{path} cannot be written: {error.strerror or error}"
        raise BatchFailed(text) from error


def read_whole(path: str) -> bytes | None:
    """Reads a file; None if it is not there.

    Raises:
        BatchFailed: If it cannot be read.
    """
    try:
        if is_local(path):
            return Path(path).read_bytes()
        if not FileSystems.exists(path):
            return None
        with FileSystems.open(path, _PLAIN) as file:
            return bytes(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BatchFailed(f"{path} cannot be read: {error}") from error


def _rename_into_place(path: str, content: bytes) -> None:
    folder, name = FileSystems.split(path)
    with contextlib.suppress(OSError):  # It is there.
        FileSystems.mkdirs(folder)
    partial = FileSystems.join(folder, f".{name}.{os.getpid()}.partial")
    _write(partial, content)
    if FileSystems.exists(path):
        FileSystems.delete([path])
    FileSystems.rename([partial], [path])


def _write(path: str, content: bytes) -> None:
    try:
        with FileSystems.create(path, _PLAIN) as file:
            file.write(content)
    except BeamIOError as error:
        raise OSError(str(error)) from error
