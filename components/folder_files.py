"""Lists one level of a folder, on any file system that Beam reads.

Beam's own ``FileSystems.match`` walks a local folder to its depths, the 100,064 photographs of the
challenge's ``test/`` among them, and passes over links that lead nowhere.
"""

import contextlib
import glob
import os
from collections.abc import Iterator

from apache_beam.io.filesystem import BeamIOError, FileMetadata
from apache_beam.io.filesystems import FileSystems


class UnusableFolder(ValueError):
    """The folder holds nothing to work on, or cannot be read; the message says what to do."""


def is_local(path: str) -> bool:
    """Returns whether a path has no scheme such as ``gs://``."""
    return FileSystems.get_scheme(path) is None


def has_folders(path: str) -> bool:
    """Returns whether the file system of a path knows folders; an object store knows only names.

    Args:
        path: A local path or a URL.

    Raises:
        UnusableFolder: If Beam has no such file system, or cannot reach it.
    """
    try:
        return bool(FileSystems.get_filesystem(path).has_dirs())
    except (ValueError, BeamIOError) as error:
        raise UnusableFolder(f"{path}: {error}") from error


def files_in(folder: str, place: str = "") -> Iterator[FileMetadata]:
    """Yields the files that lie in a folder itself, one at a time where it is local.

    Args:
        folder: A local path or a URL.
        place: Name of a folder in it, to list that instead.

    Yields:
        Path, size in bytes and time of change, in no order. Hidden files are left out; folders too,
        but for those of HDFS, which Beam does not tell from files. A link that leads nowhere is
        there: whoever reads it learns why.

    Raises:
        UnusableFolder: If the file system refuses. A folder that does not exist is empty.
    """
    if is_local(folder):
        for entry in _entries(os.path.join(folder, place) if place else folder):
            if not _leads_to_folder(entry):
                yield from _metadata(entry)
        return
    knows_folders = has_folders(folder)
    parts = [place] if place else []
    if knows_folders and glob.escape(folder) != folder:
        raise UnusableFolder(f"{folder}: Beam lists no folder here whose path has *, ? or [ in it")
    try:
        if knows_folders and not FileSystems.exists(FileSystems.join(folder, *parts)):
            return
        yield from matching(FileSystems.join(glob.escape(folder), *parts, "*"))
    except BeamIOError as error:
        raise UnusableFolder(f"{folder}: cannot be listed: {error}") from error


def matching(pattern: str) -> Iterator[FileMetadata]:
    """Yields the files of a remote pattern in which ``*`` stands for a part of one name.

    Args:
        pattern: A URL with the wildcards of ``FileSystems.match``.

    Raises:
        BeamIOError: If the file system refuses.
    """
    for file in FileSystems.match([pattern])[0].metadata_list:
        # Object stores keep a folder's own name, which ends with a slash, as an empty object.
        if not os.path.basename(file.path).startswith(".") and os.path.basename(file.path):
            yield file


def folders_in(folder: str) -> Iterator[str]:
    """Yields the names of the folders that lie in a folder itself, in no order.

    Args:
        folder: A local path, or a URL of a file system that knows folders.

    Raises:
        UnusableFolder: If the file system refuses. A folder that does not exist is empty.
    """
    if is_local(folder):
        yield from (entry.name for entry in _entries(folder) if _leads_to_folder(entry))
    else:
        yield from (os.path.basename(file.path) for file in files_in(folder))


def _entries(path: str) -> Iterator[os.DirEntry[str]]:
    try:
        entries = os.scandir(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        if os.path.islink(path):
            raise UnusableFolder(f"{path}: is a link that leads to no folder") from error
        return
    except OSError as error:
        raise UnusableFolder(f"{path}: cannot be listed: {error.strerror}") from error
    with entries:
        yield from (entry for entry in entries if not entry.name.startswith("."))


def _leads_to_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # A link to itself.
        return False


def _metadata(entry: os.DirEntry[str]) -> Iterator[FileMetadata]:
    """Yields what is known of a file; nothing if it has gone meanwhile."""
    with contextlib.suppress(FileNotFoundError):
        try:
            status = entry.stat()
        except OSError:
            status = entry.stat(follow_symlinks=False)
        yield FileMetadata(entry.path, status.st_size, status.st_mtime)
