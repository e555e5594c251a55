"""Puts the run lengths of all shards into one file, in the order that is wanted.

Rows are found by where they lie in the shards' files, so that memory holds a name and two numbers
for each photograph, whatever the masks look like.
"""

import contextlib
import csv
import gzip
import os
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from batch.batch_failed import BatchFailed
from batch.submission_rows import submission_rows
from batch.whole_file import open_as_it_is, publish_whole, read_whole
from serving.client.run_length_csv import table_row

HEADER = b"img,rle_mask\n"
_OPEN_AT_ONCE = 32


@dataclass(frozen=True)
class ShardRows:
    """The run lengths of a shard.

    Attributes:
        path: Of its file, local or a URL; a row per mask, no header.
        rows: That it must hold.
    """

    path: str
    rows: int


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
        path: A csv file with the header ``img,rle_mask``, gzipped if its name ends in .gz; local,
            or a URL.

    Raises:
        BatchFailed: If it is no such file, names a photograph twice, or none.
    """
    rows = submission_rows(path)
    _, header = next(rows, (1, []))
    if [name.strip() for name in header[:1]] != ["img"]:
        raise BatchFailed(f"{path} does not begin with {HEADER.decode().strip()}")
    names = [row[0] for _, row in rows if row]
    if not names:
        raise BatchFailed(f"{path} names no photograph")
    [(name, count)] = Counter(names).most_common(1)
    if count > 1:
        raise BatchFailed(f"{path} names {name} {count} times")
    return names


def write_submission(
    path: str, shards: Sequence[ShardRows], sample: list[str] | None, folder: str
) -> SubmissionCounts:
    """Writes the file, at once and whole.

    Args:
        path: The submission, local or a URL; gzipped if it ends in .gz.
        shards: In order.
        sample: Names in the order of the rows; None for those that have a mask, as the shards have
            them.
        folder: Of this machine, where it is put together; where the submission is local, its own.

    Returns:
        What it holds.

    Raises:
        BatchFailed: If a shard's file does not hold what it should, or nothing can be published.
        OSError: If it cannot be put together.
    """
    places = dict(_places(shards))
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
                    file.write(files.read(shards[shard].path, start, length))
                else:
                    without_mask.append(name)
                    file.write(table_row(name, ""))
        publish_whole(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    if sample is None:
        return SubmissionCounts(len(places), (), 0)
    left_out = len(places) - (len(sample) - len(without_mask))
    return SubmissionCounts(len(sample), tuple(without_mask), left_out)


def _places(shards: Sequence[ShardRows]) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Yields each name, and of its row the shard, the first byte and the length."""
    for index, shard in enumerate(shards):
        content = read_whole(shard.path)
        if content is None:
            raise BatchFailed(f"{shard.path} has gone: run again")
        lines = content.splitlines(keepends=True)
        if len(lines) != shard.rows or (lines and not lines[-1].endswith(b"\n")):
            raise BatchFailed(
                f"{shard.path} does not hold the {shard.rows:,} rows that were written: remove it, "
                "and run again"
            )
        start = 0
        for line in lines:
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
            self._files[path] = open_as_it_is(path)
            if len(self._files) > _OPEN_AT_ONCE:
                self._files.popitem(last=False)[1].close()
        self._files[path].seek(start)
        return self._files[path].read(length)

    def __enter__(self) -> "_OpenFiles":
        return self

    def __exit__(self, *details: object) -> None:
        for file in self._files.values():
            file.close()
