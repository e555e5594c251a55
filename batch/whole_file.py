"""Reads and writes files that are either whole or not there, on any file system that Beam knows.

What they hold is handed on as it is: by itself, Beam packs and unpacks files whose names end in
``.gz`` in a store, and leaves those of this machine alone.
"""

import contextlib
import errno
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from batch.batch_failed import BatchFailed
from components.folder_files import has_folders, is_local
from serving.atomic_file import partial_name, write_atomically

_AS_IT_IS: dict[str, Any] = {
    "mime_type": "application/octet-stream",
    "compression_type": CompressionTypes.UNCOMPRESSED,
}
_BLOCK = 2**20
# File systems that take UTF-8 only answer with the second.
_OF_NAMES = (errno.ENAMETOOLONG, errno.EILSEQ)


class UnusableName(BatchFailed):
    """The file system takes no file of this name, or on this path."""


def write_whole(path: str, content: bytes) -> None:
    """Writes a file: beside its place first, and then renamed.

    An object store shows an object only when it is whole, so there nothing is renamed.

    Args:
        path: Local, or a URL; its folder is made, and an older file replaced.
        content: The file's bytes.

    Raises:
        UnusableName: If no file can have this name.
        BatchFailed: If it cannot be written; names the file, and tells a full disk.
    """
    with _told(path):
        if is_local(path):
            write_atomically(Path(path), content)
        else:
            _put(path, [content])


def publish_whole(source: Path, path: str) -> None:
    """Puts a file of this machine into its place, as ``write_whole`` does.

    Args:
        source: The file; in the folder of its place, where that is local. It may be gone then.
        path: Local, or a URL; an older file is replaced.

    Raises:
        BatchFailed: If it cannot be written.
    """
    with _told(path):
        if is_local(path):
            source.replace(path)
            return
        with source.open("rb") as file:
            _put(path, iter(lambda: file.read(_BLOCK), b""))


def read_whole(path: str) -> bytes | None:
    """Reads a file; None if it is not there.

    Raises:
        BatchFailed: If it cannot be read.
    """
    try:
        if is_local(path):
            return Path(path).read_bytes()
        with _as_os_error():
            if not FileSystems.exists(path):
                return None
            with FileSystems.open(path, **_AS_IT_IS) as file:
                return bytes(file.read())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise BatchFailed(f"{path} cannot be read: {error}") from error


def open_as_it_is(path: str) -> BinaryIO:
    """Opens a file to read its bytes.

    Args:
        path: Local, or a URL.

    Raises:
        OSError: If it cannot be opened.
    """
    if is_local(path):
        return open(path, "rb")
    with _as_os_error():
        return FileSystems.open(path, **_AS_IT_IS)


def remove(path: str) -> None:
    """Removes a file; nothing happens if it is not there.

    Raises:
        BatchFailed: If it cannot be removed.
    """
    try:
        if is_local(path):
            Path(path).unlink(missing_ok=True)
            return
        with _as_os_error():
            if FileSystems.exists(path):
                FileSystems.delete([path])
    except OSError as error:
        if error.errno in (errno.ENOTDIR, *_OF_NAMES):
            return
        raise BatchFailed(f"{path} cannot be removed: {error.strerror or error}") from error


def _put(path: str, blocks: Iterable[bytes]) -> None:
    with _as_os_error():
        if not has_folders(path):
            _create(path, blocks)
            return
        folder, name = FileSystems.split(path)
        with contextlib.suppress(OSError):  # It is there.
            FileSystems.mkdirs(folder)
        partial = FileSystems.join(folder, partial_name(name))
        _create(partial, blocks)
        if FileSystems.exists(path):
            FileSystems.delete([path])
        FileSystems.rename([partial], [path])


def _create(path: str, blocks: Iterable[bytes]) -> None:
    with FileSystems.create(path, **_AS_IT_IS) as file:
        for block in blocks:
            file.write(block)


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    """Raises BatchFailed where a file could not be written."""
    try:
        yield
    except OSError as error:
        if error.errno in _OF_NAMES:
            raise UnusableName(f"{path} cannot be written: {error.strerror}") from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            text = f"the disk is full: {path} cannot be written"
        else:
            text = f"{path} cannot be written: {error.strerror or error}"
        raise BatchFailed(text) from error


@contextlib.contextmanager
def _as_os_error() -> Iterator[None]:
    """Makes an OSError of whatever a store's own client raises."""
    try:
        yield
    except OSError:
        raise
    except UnicodeEncodeError as error:
        raise OSError(errno.EILSEQ, "its name is no text") from error
    except Exception as error:
        raise OSError(" ".join(str(error).split()) or type(error).__name__) from error
