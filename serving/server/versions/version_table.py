"""The versions of one model that this server has seen: their states, and the lending of them.

A request borrows a version for as long as it runs, and a version is freed only when nobody holds it
any more. That is what lets versions change under load without a request lost.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from serving.errors import ServingError, StatusCode
from serving.server.model_request import ModelRequest
from serving.server.predictor import Predictor
from serving.version_status import VersionState, VersionStatus


@dataclass
class _Row:
    """One version; read and changed under the table's lock."""

    status: VersionStatus
    predictor: Predictor | None = None
    borrowers: int = 0


class VersionTable:
    """The versions of one model, shared by the threads that load them and those of the requests."""

    def __init__(
        self, model_name: str, on_change: Callable[[str, VersionStatus], None] | None = None
    ) -> None:
        """Makes an empty table.

        Args:
            model_name: The name requests ask for.
            on_change: Called with that name and each new status, in the thread that changes it.
        """
        self.model_name = model_name
        self._on_change = on_change
        self._rows: dict[int, _Row] = {}
        # Beside the rows, which grow with every version ever seen.
        self._available: dict[int, _Row] = {}
        self._changed = threading.Condition()

    def set(self, status: VersionStatus, predictor: Predictor | None = None) -> None:
        """Notes where a version is now.

        Args:
            status: Its new status.
            predictor: The loaded model, where the status is AVAILABLE.
        """
        with self._changed:
            row = self._rows.setdefault(status.version, _Row(status))
            row.status = status
            row.predictor = predictor or row.predictor
            if status.state is VersionState.AVAILABLE:
                self._available[status.version] = row
            else:
                self._available.pop(status.version, None)
        if self._on_change is not None:
            self._on_change(self.model_name, status)

    def take_back(self, version: int) -> Predictor:
        """Waits until nobody holds a version, and takes it out of the table.

        Args:
            version: A version that is UNLOADING, so that nobody new can borrow it.

        Returns:
            The loaded model, to be closed.
        """
        with self._changed:
            row = self._rows[version]
            self._changed.wait_for(lambda: row.borrowers == 0)
            predictor, row.predictor = row.predictor, None
        assert predictor is not None
        return predictor

    def available(self) -> list[int]:
        """Returns the numbers of the versions that can be borrowed, the oldest first."""
        with self._changed:
            return sorted(self._available)

    @contextlib.contextmanager
    def borrow(self, version: int | None = None) -> Iterator[Predictor]:
        """Lends a version; it stays loaded for as long as the context lasts.

        Args:
            version: Its number; the newest that is available if None.

        Yields:
            The loaded version.

        Raises:
            ServingError: NOT_FOUND if there is no such version, or none.
        """
        with self._changed:
            wanted = max(self._available, default=None) if version is None else version
            row = self._available.get(wanted) if wanted is not None else None
            if row is None:
                raise not_found(ModelRequest(self.model_name, version))
            row.borrowers += 1
            predictor = row.predictor
        assert predictor is not None
        try:
            yield predictor
        finally:
            with self._changed:
                row.borrowers -= 1
                self._changed.notify_all()

    def statuses(self) -> list[VersionStatus]:
        """Tells where every version seen so far is in its life, newest version first."""
        with self._changed:
            seen = [row.status for row in self._rows.values()]
        return sorted(seen, key=lambda status: status.version, reverse=True)


def not_found(request: ModelRequest) -> ServingError:
    """Returns TensorFlow Serving's refusal of a model or version that it does not have."""
    asked = f"Latest({request.name})"
    if request.version is not None:
        asked = f"Specific({request.name}, {request.version})"
    return ServingError(StatusCode.NOT_FOUND, f"Servable not found for request: {asked}")
