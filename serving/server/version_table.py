"""The versions of one model that this server has seen: their states, and the lending of them.

A request borrows a version for as long as it runs, and a version is freed only when nobody holds it
any more. That is what lets versions change under load without a request lost.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from serving.errors import ServingError, StatusCode
from serving.server.servable import Servable
from serving.server.version_status import VersionState, VersionStatus


@dataclass
class _Row:
    """One version; read and changed under the table's lock."""

    status: VersionStatus
    servable: Servable | None = None
    borrowers: int = 0


class VersionTable:
    """The versions of one model, shared by the manager's thread and those of the requests."""

    def __init__(
        self, model_name: str, on_change: Callable[[VersionStatus], None] | None = None
    ) -> None:
        """Makes an empty table.

        Args:
            model_name: The name requests ask for.
            on_change: Called with each new status, in the thread that changes it.
        """
        self.model_name = model_name
        self._on_change = on_change
        self._rows: dict[int, _Row] = {}
        self._changed = threading.Condition()

    def set(self, status: VersionStatus, servable: Servable | None = None) -> None:
        """Notes where a version is now.

        Args:
            status: Its new status.
            servable: The loaded model, where the status is AVAILABLE.
        """
        with self._changed:
            row = self._rows.setdefault(status.version, _Row(status))
            row.status = status
            row.servable = servable or row.servable
            self._changed.notify_all()
        if self._on_change is not None:
            self._on_change(status)

    def retire(self, version: int) -> None:
        """Lends a version to nobody any more, waits until all have given it back, and frees it."""
        self.set(VersionStatus(version, VersionState.UNLOADING))
        with self._changed:
            row = self._rows[version]
            self._changed.wait_for(lambda: row.borrowers == 0)
            servable, row.servable = row.servable, None
        if servable is not None:
            servable.close()
        self.set(VersionStatus(version, VersionState.END))

    def available(self) -> list[int]:
        """Returns the numbers of the versions that can be borrowed, the oldest first."""
        with self._changed:
            return sorted(
                version
                for version, row in self._rows.items()
                if row.status.state is VersionState.AVAILABLE
            )

    @contextlib.contextmanager
    def borrow(self, model_name: str, version: int | None = None) -> Iterator[Servable]:
        """Lends a version; it stays loaded for as long as the context lasts.

        Args:
            model_name: The model asked for.
            version: Its version's number; the newest that is available if None.

        Yields:
            The loaded version.

        Raises:
            ServingError: NOT_FOUND if this is another model's table, or has no such version.
        """
        with self._changed:
            available = self.available() if model_name == self.model_name else []
            wanted = max(available, default=None) if version is None else version
            if wanted is None or wanted not in available:
                asked = f"Latest({model_name})"
                if version is not None:
                    asked = f"Specific({model_name}, {version})"
                raise ServingError(StatusCode.NOT_FOUND, f"Servable not found for request: {asked}")
            row = self._rows[wanted]
            row.borrowers += 1
            servable = row.servable
        assert servable is not None
        try:
            yield servable
        finally:
            with self._changed:
                row.borrowers -= 1
                self._changed.notify_all()

    def statuses(self, model_name: str, version: int | None = None) -> list[VersionStatus]:
        """Tells where versions are in their life.

        Args:
            model_name: The model asked for.
            version: Only this version; every version seen so far if None.

        Returns:
            The statuses, newest version first.

        Raises:
            ServingError: NOT_FOUND if this is another model's table, or never saw the version.
        """
        with self._changed:
            seen = [row.status for row in self._rows.values()]
        if model_name != self.model_name:
            seen = []
        if version is not None:
            seen = [status for status in seen if status.version == version]
        if not seen:
            missing = "any versions" if version is None else f"version {version}"
            raise ServingError(
                StatusCode.NOT_FOUND, f"Could not find {missing} of model {model_name}"
            )
        return sorted(seen, key=lambda status: status.version, reverse=True)
