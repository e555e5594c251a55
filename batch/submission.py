"""Puts the run lengths of all shards into one file, in the order that is wanted.

Rows are found by where they lie in the shards' files, so that memory holds a name and two numbers
for each photograph, whatever the masks look like.
"""

import contextlib
import csv
import gzip
import io
import os
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from apache_beam.io.filesystems import FileSystems

from batch.batch_failed import BatchFailed
from batch.whole_file import read_whole
from components.folder_files import is_local
from serving.client.run_length_csv import table_row

HEADER = b"img,rle_mask\n"
_OPEN_AT_ONCE = 32


@dataclass(frozen=True)
class SubmissionCounts:
    """What a submission holds.

    Attributes:
        rows: All of them.
        without_mask: Rows whose photograph failed, or was not there; their masks are empty.
        left_out: Masks whose photographs the sample does not name.
    """

    rows: int
    without_mask: tuple[str, ...]
    left_out: int


def read_sample(path: str) -> list[str]:
    """Reads the photographs' names from a sample submission, in its order.

    Args:
        path: A csv file with the header ``img,rle_mask``, gzipped if its name ends in .gz.

    Raises:
        BatchFailed: If it is no such file, or names a photograph twice.
    """
    content = read_whole(path)
    if content is None:
        raise BatchFailed(f"--sample-submission {path} does not exist")
    try:
        text = (gzip.decompress(content) if path.endswith(".gz") else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise BatchFailed(f"{path} cannot be read as text: {error}") from error
    rows = csv.reader(io.StringIO(text, newline=""))
    header = [name.strip() for name in next(rows, [])]
    if header[:1] != ["img"]:
        raise BatchFailed(f"{path} does not begin with {HEADER.decode().strip()}")
    names = [row[0] for row in rows if row]
    name, count = max(Counter(names).items(), key=lambda each: each[1], default=("", 1))
    if count > 1:
        raise BatchFailed(f"{path} names {name} {count} times")
    return names


def write_submission(
    path: str, shards: Iterable[str], sample: list[str] | None, folder: str
) -> SubmissionCounts:
    """Writes the file, at once and whole.

    Args:
        path: The submission; gzipped if it ends in .gz.
        shards: The shards' files of rows, in order.
        sample: Names in the order of the rows; None for those that have a mask, as the shards have
            them.
        folder: Of this machine, where it is put together.

    Returns:
        What it holds.

    Raises:
        BatchFailed: If it cannot be written.
        OSError: The same.
    """
    shards = list(shards)
    places = {name: place for name, place in _places(shards)}
    partial = Path(folder, f".submission.{os.getpid()}.partial")
    without_mask = []
    try:
        with contextlib.ExitStack() as opened:
            file: Any = opened.enter_context(partial.open("wb"))
            if path.endswith(".gz"):
                # Without a time in it, so that the same masks are the same file.
                file = opened.enter_context(
                    gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
                )
            files = opened.enter_context(_OpenFiles())
            file.write(HEADER)
            for name in places if sample is None else sample:
                if name in places:
                    shard, start, length = places[name]
                    file.write(files.read(shards[shard], start, length))
                else:
                    without_mask.append(name)
                    file.write(table_row(name, ""))
        _publish(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    if sample is None:
        return SubmissionCounts(len(places), (), 0)
    left_out = len(places) - (len(sample) - len(without_mask))
    return SubmissionCounts(len(sample), tuple(without_mask), left_out)


def _places(shards: list[str]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yields each name, and of its row the shard, the first byte and the length."""
    for index, path in enumerate(shards):
        content = read_whole(path)
        if content is None:
            raise BatchFailed(f"{path} has gone: run again")
        start = 0
        for line in content.splitlines(keepends=True):
            name = next(csv.reader([line.rpartition(b",")[0].decode(errors="surrogateescape")]))[0]
            yield name, (index, start, len(line))
            start += len(line)


class _OpenFiles:
    """Reads from many files without opening one for each row."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, BinaryIO] = OrderedDict()

    def read(self, path: str, start: int, length: int) -> bytes:
        """Reads a part of a file."""
        if path in self._files:
            self._files.move_to_end(path)
        else:
            opened = open(path, "rb") if is_local(path) else FileSystems.open(path)  # noqa: SIM115
            self._files[path] = opened
            if len(self._files) > _OPEN_AT_ONCE:
                self._files.popitem(last=False)[1].close()
        self._files[path].seek(start)
        return self._files[path].read(length)

    def __enter__(self) -> "_OpenFiles":
        return self

    def __exit__(self, *details: object) -> None:
        for file in self._files.values():
            file.close()


def _publish(partial: Path, path: str) -> None:
    if is_local(path):
        partial.replace(path)
        return
    # An object store shows it when it is whole.
    with partial.open("rb") as source, FileSystems.create(path, "text/csv") as target:
        while block := source.read(2**20):
            target.write(block)
