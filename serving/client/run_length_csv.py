"""The challenge's file of run-length encoded masks: one row per photograph, ``img,rle_mask``.

Rows are added as the masks come, each in one write, so that a run that is killed leaves whole rows
and the next one goes on after them.
"""

import fcntl
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from serving.atomic_file import write_atomically

_HEADER = b"img,rle_mask\n"


class UnusableTable(Exception):
    """Rows cannot be added to this file; the text is one line for the user."""


class RunLengthCsv:
    """A table that grows; one run at a time has it, and one thread at a time.

    Attributes:
        path: The csv file; it is made with the first row.
        names: The photographs that have a row.
    """

    def __init__(self, path: Path) -> None:
        """Reads which photographs have a row; the file need not exist.

        Args:
            path: The csv file.

        Raises:
            UnusableTable: It has another header, or another run has it.
            OSError: It cannot be read or written.
        """
        self.path = path
        self.names: set[str] = set()
        # Where the whole rows end: a machine that lost its power may leave the start of one.
        self._end = 0
        self._file: BinaryIO | None = None
        if path.exists():
            self._file = _open_alone(path)
            try:
                self._read()
            except BaseException:
                self.close()
                raise

    def drop(self, names: Collection[str]) -> None:
        """Removes the rows of some photographs, all at once.

        Raises:
            OSError: The file cannot be written.
        """
        dropped = self.names.intersection(names)
        if not dropped:
            return
        with self.path.open("rb") as table:
            lines = table.read(self._end).split(b"\n")[1:-1]
        kept = b"".join(line + b"\n" for line in lines if _name_of(line) not in dropped)
        write_atomically(self.path, _HEADER + kept)
        # Another file has the name now.
        self.close()
        self._file = _open_alone(self.path)
        self.names -= dropped
        self._end = len(_HEADER) + len(kept)

    def append(self, name: str, runs: str) -> None:
        """Adds a row.

        Args:
            name: The photograph's, without line breaks. If it is in ``names``, nothing is added.
            runs: Its mask.

        Raises:
            UnusableTable: Another run has made the file in the meantime.
            OSError: The file cannot be written.
        """
        if name in self.names:
            return
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = _open_alone(self.path)
        if self._file.tell() != self._end:
            self._file.truncate(self._end)
        row = table_row(name, runs)
        self._end += _write_whole(self._file, row if self._end else _HEADER + row)
        self.names.add(name)

    def close(self) -> None:
        """Closes the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> "RunLengthCsv":
        """Returns the table itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the file."""
        self.close()

    def _read(self) -> None:
        with self.path.open("rb") as table:
            for line in table:
                if self._end == 0 and not _is_header(line):
                    raise UnusableTable(
                        f"{self.path} does not start with {_HEADER.decode().strip()}: "
                        "choose another OUTPUT, or move it away."
                    )
                if not line.endswith(b"\n"):
                    break
                if self._end > 0:
                    self.names.add(_name_of(line))
                self._end += len(line)


def table_row(name: str, runs: str) -> bytes:
    """Returns a row, quoted as RFC 4180 has it; a name that is no text keeps its bytes."""
    if any(character in name for character in ',"'):
        name = '"' + name.replace('"', '""') + '"'
    return f"{name},{runs}\n".encode(errors="surrogateescape")


def _name_of(line: bytes) -> str:
    # Runs have no comma, so the last one ends the name.
    name = line.rpartition(b",")[0].decode(errors="surrogateescape")
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _is_header(line: bytes) -> bool:
    """Whether a table starts with it; it may be cut short, as any other line."""
    if line.endswith(b"\n"):
        return line.removeprefix(b"\xef\xbb\xbf").strip() == _HEADER.strip()
    return _HEADER.startswith(line)


def _open_alone(path: Path) -> BinaryIO:
    # Unbuffered: each row is one write, which a kill does not cut in two.
    file: BinaryIO = path.open("ab", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise UnusableTable(f"Another run is writing to {path}: wait until it is done.") from error
    return file


def _write_whole(file: BinaryIO, content: bytes) -> int:
    """Writes all of it: a disk that becomes full takes a part first, and then raises."""
    written = 0
    while written < len(content):
        written += file.write(content[written:])
    return written
