"""Keeps the newest version of one model loaded, and never lets go of one before it has the next.

This is TensorFlow Serving's "latest 1" version policy with its AvailabilityPreservingPolicy. One
thread looks at the base path and does all loading and unloading.
"""

import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from serving.errors import ServingError, StatusCode
from serving.server import model_directory
from serving.server.servable import Servable
from serving.server.session_options import SessionOptions
from serving.server.version_status import VersionState, VersionStatus
from serving.server.version_table import VersionTable

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _FailedLoad:
    """The last load that failed, what lay on the disk then, and whether it was the second try."""

    version: int
    stamp: frozenset[tuple[str, int, int]]
    error: ServingError
    is_final: bool


class VersionManager:
    """Fills a VersionTable from a base path, in a thread of its own."""

    def __init__(
        self,
        versions: VersionTable,
        base_path: str | os.PathLike[str],
        *,
        poll_wait_s: float = 1.0,
        options: SessionOptions | None = None,
    ) -> None:
        """Prepares a manager; ``start`` sets it to work.

        Args:
            versions: The table to fill.
            base_path: The directory of version directories; it may appear later.
            poll_wait_s: Seconds between two looks at it. 0 stops looking once a version serves.
            options: Threads and devices of each version's session.
        """
        self._versions = versions
        self._base_path = Path(base_path)
        self._poll_wait_s = poll_wait_s
        self._options = options
        self._failed: _FailedLoad | None = None
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"{versions.model_name} versions")

    def start(self) -> None:
        """Starts looking for versions."""
        self._thread.start()

    def wait_until_available(self, timeout_s: float | None = None) -> None:
        """Waits for the first version: for ever, if the base path stays empty.

        Args:
            timeout_s: Give up after so many seconds.

        Raises:
            ServingError: UNKNOWN if the newest version cannot be loaded, CANCELLED if ``stop`` was
                called meanwhile, DEADLINE_EXCEEDED after ``timeout_s``.
        """
        in_time = self._settled.wait(timeout_s)
        if self._stopping.is_set():
            raise ServingError(StatusCode.CANCELLED, "Stopped before a version was available.")
        if not in_time:
            raise ServingError(
                StatusCode.DEADLINE_EXCEEDED,
                f"No version of model {self._versions.model_name} became available from "
                f"{self._base_path} within {timeout_s:g} s.",
            )
        failed = self._failed
        if failed is not None and not self._versions.available():
            raise ServingError(
                StatusCode.UNKNOWN,
                "1 servable(s) did not become available: "
                f"{{{{{{name: {self._versions.model_name} version: {failed.version}}} "
                f"due to error: {failed.error}}}, }}",
            )

    def stop(self) -> None:
        """Stops looking, waits until every borrowed version is given back, and frees them all."""
        self._stopping.set()
        self._settled.set()
        if self._thread.is_alive():
            self._thread.join()
        for version in self._versions.available():
            self._versions.retire(version)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._poll()
            except Exception:
                # The thread has to outlive whatever one look at a shared disk may raise.
                _log.exception("Looking for versions in %s failed", self._base_path)
            if self._versions.available() or (self._failed and self._failed.is_final):
                self._settled.set()
                if self._poll_wait_s == 0:
                    return
            self._stopping.wait(self._poll_wait_s or 1.0)

    def _poll(self) -> None:
        """Looks at the base path once, loads what is newest there and unloads the rest."""
        try:
            on_disk = model_directory.version_directories(self._base_path)
        except OSError as error:
            # A share that is away for a moment must not take the service down.
            _log.debug("Cannot look into %s: %s", self._base_path, error)
            return
        newest = max(on_disk, default=None)
        failed = self._failed
        if failed is not None and failed.version != newest and not failed.is_final:
            # It is gone before its second try.
            self._failed = None
            self._versions.set(VersionStatus(failed.version, VersionState.END, failed.error))
        if newest is not None and newest not in self._versions.available():
            self._load(newest, on_disk[newest])
        available = self._versions.available()
        if newest is None or newest in available:
            for version in available:
                if version != newest:
                    self._versions.retire(version)

    def _load(self, version: int, directory: Path) -> None:
        """Loads a version, unless that has failed twice with the same files.

        The first failure may only mean that somebody is still copying, so it is not final.
        """
        stamp = model_directory.content_stamp(directory)
        failed = self._failed
        is_second_try = failed is not None and (failed.version, failed.stamp) == (version, stamp)
        if failed is not None and failed.is_final and is_second_try:
            return
        self._versions.set(VersionStatus(version, VersionState.LOADING))
        try:
            servable = Servable.load(directory, version=version, options=self._options)
        except ServingError as error:
            self._failed = _FailedLoad(version, stamp, error, is_final=is_second_try)
            if is_second_try:
                self._versions.set(VersionStatus(version, VersionState.END, error))
            return
        self._failed = None
        self._versions.set(VersionStatus(version, VersionState.AVAILABLE), servable)
