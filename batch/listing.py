"""Finds the photographs that a batch run is asked for: folders, files, patterns, URLs.

Only names, sizes and times of change are looked at. Local patterns are followed folder by folder,
because Python's ``glob`` passes over a folder that it may not read without a word.
"""

import fnmatch
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apache_beam.io.filesystem import BeamIOError, FileMetadata
from apache_beam.io.filesystems import FileSystems

from batch.listed_photograph import ListedPhotograph
from batch.log_place import log_of
from components.folder_files import (
    UnusableFolder,
    files_in,
    folders_in,
    has_folders,
    is_local,
    matching,
)
from components.quarantine import QuarantinedFile, Reason

_SUFFIXES = (".jpg", ".jpeg", ".png")
_WILDCARDS = "*?["
_ANY_DEPTH = "**"


@dataclass(frozen=True)
class Listing:
    """What was found.

    Attributes:
        photographs: Sorted by name; no two have the same result.
        quarantined: Files that are known to be unusable before any is opened, sorted.
    """

    photographs: tuple[ListedPhotograph, ...]
    quarantined: tuple[QuarantinedFile, ...]


def list_photographs(inputs: Sequence[str], output: str, *, as_pictures: bool) -> Listing:
    """Lists what is to be masked.

    Args:
        inputs: Each a folder, of which one level is taken; a file; or a pattern with ``*``, ``?``,
            ``[a-z]``, and ``**`` for folders of any depth. Local, or URLs that Beam reads; where
            those have folders (HDFS), only the last name may be a pattern.
        output: Of the run; what lies in it is passed over, and so is its log.
        as_pictures: Whether results are called after the photographs without their endings, so that
            ``a.jpg`` and ``a.png`` cannot both have one.

    Returns:
        The photographs, and what is none.

    Raises:
        UnusableFolder: If an input holds no file, cannot be read, or is the output.
    """
    found: dict[str, ListedPhotograph] = {}
    log = str(log_of(output))
    for text in inputs:
        if _is_same(text, output):
            raise UnusableFolder(f"{text} is both --input and --output: choose another --output")
        listed = list(_files_of(text))
        files = [each for each in listed if each.path != log and not _is_below(each.path, output)]
        if listed and not files:
            raise UnusableFolder(f"{text}: all of it lies in the --output: choose another --output")
        for each in files:
            found.setdefault(each.path, each)
        if not files:
            raise UnusableFolder(f"{text}: no file in it; give a folder, a file or a pattern")

    photographs: dict[str, ListedPhotograph] = {}
    quarantined: list[QuarantinedFile] = []
    for each in sorted(found.values(), key=lambda each: (each.name, each.path)):
        stem, suffix = os.path.splitext(each.name)
        result = stem if as_pictures else each.name
        if suffix.lower() not in _SUFFIXES:
            fault = Reason.STRAY_FILE, "expected *.jpg, *.jpeg or *.png"
        elif any(character in each.name for character in "\n\r"):
            fault = Reason.NAME, "its name has a line break, and a row has none: rename it"
        elif result in photographs:
            fault = Reason.DUPLICATE_ID, f"{photographs[result].path} would have the same result"
        else:
            photographs[result] = each
            continue
        quarantined.append(QuarantinedFile(each.path, *fault))
    quarantined.sort(key=lambda each: each.file)
    in_order = sorted(photographs.values(), key=lambda each: each.name)
    return Listing(tuple(in_order), tuple(quarantined))


def _files_of(text: str) -> Iterator[ListedPhotograph]:
    if is_local(text):
        path = os.path.abspath(text)
        if os.path.isfile(path) or (os.path.islink(path) and not os.path.exists(path)):
            status = os.stat(path) if os.path.exists(path) else os.lstat(path)
            name = os.path.basename(path)
            yield ListedPhotograph(path, name, status.st_size, status.st_mtime)
        elif os.path.isdir(path) or not _has_wildcards(text):
            yield from _named(path, files_in(path))
        else:
            folder, parts = _fixed_part(path)
            yield from _named(folder, _expand(folder, parts))
        return
    try:
        if _has_wildcards(text):
            folder, parts = _fixed_part(text)
            yield from _named(folder, _expand_remote(text, folder, parts))
            return
        files = list(files_in(text))
        if files:
            yield from _named(text, iter(files))
        elif FileSystems.exists(text):
            yield from _named(text.rpartition("/")[0], matching(text))
    except (BeamIOError, ValueError) as error:
        if isinstance(error, UnusableFolder):
            raise
        raise UnusableFolder(f"{text}: cannot be listed: {error}") from error


def _named(folder: str, files: Iterator[FileMetadata]) -> Iterator[ListedPhotograph]:
    prefix = folder.rstrip("/") + "/"
    for file in files:
        name = file.path.removeprefix(prefix).replace(os.sep, "/")
        yield ListedPhotograph(file.path, name, file.size_in_bytes, file.last_updated_in_seconds)


def _expand(folder: str, parts: Sequence[str]) -> Iterator[FileMetadata]:
    first, *rest = parts
    if first == _ANY_DEPTH:
        rest = rest or ["*"]
        yield from _expand(folder, rest)
        for name in sorted(folders_in(folder)):
            # A link to a folder may lead round in circles.
            if not os.path.islink(os.path.join(folder, name)):
                yield from _expand(os.path.join(folder, name), [first, *rest])
    elif rest:
        for name in sorted(folders_in(folder)):
            if fnmatch.fnmatchcase(name, first):
                yield from _expand(os.path.join(folder, name), rest)
    else:
        for file in files_in(folder):
            if fnmatch.fnmatchcase(os.path.basename(file.path), first):
                yield file


def _expand_remote(text: str, folder: str, parts: Sequence[str]) -> Iterator[FileMetadata]:
    """Finds what a pattern at a URL means; Beam's own ``match`` reads patterns in another way."""
    if has_folders(text):
        if parts[1:] or parts[0] == _ANY_DEPTH:
            raise UnusableFolder(
                f"{text}: Beam does not tell folders from files here, so that only the last name "
                "may be a pattern: give each folder as an --input of its own"
            )
        found = files_in(folder)
    else:
        fixed = text[: min(text.index(each) for each in _WILDCARDS if each in text)]
        found = matching(f"{fixed}{_ANY_DEPTH}")
    for file in found:
        if _fits(file.path.removeprefix(f"{folder}/").split("/"), parts):
            yield file


def _fits(names: Sequence[str], parts: Sequence[str]) -> bool:
    """Returns whether the names of a path are those that ``_expand`` would find."""
    first, *rest = parts
    if any(name.startswith(".") for name in names):
        return False
    if first == _ANY_DEPTH:
        return any(_fits(names[skipped:], rest or ["*"]) for skipped in range(len(names)))
    if not names or not fnmatch.fnmatchcase(names[0], first):
        return False
    return _fits(names[1:], rest) if rest else len(names) == 1


def _fixed_part(path: str) -> tuple[str, list[str]]:
    """Splits a pattern into the folder before its first wildcard, and the names behind that."""
    names = path.split("/")
    first = next(index for index, name in enumerate(names) if _has_wildcards(name))
    return "/".join(names[:first]) or "/", names[first:]


def _has_wildcards(text: str) -> bool:
    return any(character in text for character in _WILDCARDS)


def _is_same(text: str, output: str) -> bool:
    if is_local(text) and is_local(output):
        return os.path.realpath(text) == os.path.realpath(output)
    return text.rstrip("/") == output.rstrip("/")


def _is_below(path: str, output: str) -> bool:
    folder = os.path.abspath(output) if is_local(output) else output
    return path.startswith(folder.rstrip("/") + "/")
