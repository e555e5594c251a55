"""Where results go: pictures into files of their own, run lengths into rows of one table."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from serving.atomic_file import write_atomically
from serving.client.photograph_plan import (
    MaskPlan,
    MaskTask,
    PlanError,
    plan_file,
    plan_folder,
    plan_rows,
)
from serving.client.run_length_csv import RunLengthCsv


class ResultStore(Protocol):
    """What is there already, and how more is added; threads may share it."""

    def plan(self) -> MaskPlan:
        """Returns what there is to do now.

        Raises:
            PlanError: INPUT and OUTPUT do not fit together.
        """

    def save(self, task: MaskTask, result: bytes) -> None:
        """Keeps a result, whole or not at all.

        Raises:
            OSError: It cannot be written.
        """


@dataclass(frozen=True)
class PictureFiles:
    """A file for each photograph.

    Attributes:
        source: A photograph, or a folder of them.
        output: The file or folder of the results.
        suffixes: How their names may end.
        force: Replace what is there.
    """

    source: Path
    output: Path
    suffixes: tuple[str, ...]
    force: bool

    def plan(self) -> MaskPlan:
        """Returns what there is to do now; see ``plan_file`` and ``plan_folder``."""
        if not self.source.is_dir():
            task = plan_file(self.source, self.output, self.suffixes, force=self.force)
            return MaskPlan((task,))
        return plan_folder(self.source, self.output, self.suffixes[0], force=self.force)

    def save(self, task: MaskTask, result: bytes) -> None:
        """Writes the file."""
        write_atomically(task.destination, result)


class TableRows:
    """A row for each photograph."""

    def __init__(self, source: Path, table: RunLengthCsv, *, force: bool) -> None:
        """Keeps where to look, and where to write.

        Args:
            source: A photograph, or a folder of them.
            table: The rows that are there, and where more go.
            force: Replace the rows that are there: they go when the first new one comes.
        """
        self._source = source
        self._table = table
        self._force = force
        self._outdated: set[str] | None = None
        self._lock = threading.Lock()

    def plan(self) -> MaskPlan:
        """Returns what there is to do now; see ``plan_rows``."""
        table = self._table
        with self._lock:
            plan = plan_rows(self._source, table.path, table.names, force=self._force)
            if plan.already_there and not self._source.is_dir():
                name = self._source.name
                raise PlanError(f"{table.path} has a row of {name} already: --force replaces it.")
            if self._outdated is None:
                self._outdated = {task.name for task in plan.tasks}
        return plan

    def save(self, task: MaskTask, result: bytes) -> None:
        """Adds the row."""
        with self._lock:
            if self._force:
                self._table.drop({task.name, *(self._outdated or ())})
                self._outdated = set()
            self._table.append(task.name, result.decode("ascii"))
