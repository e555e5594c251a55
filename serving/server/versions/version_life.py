"""One version from the first try to load it until its memory is free, in threads of its own.

TensorFlow Serving calls this a LoaderHarness. Loading waits for a free slot, and gives it back
between two tries, so that a version that cannot be loaded does not keep others from it.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from serving.errors import ServingError, StatusCode
from serving.server.freed_memory import return_freed_memory
from serving.server.predictor import Predictor
from serving.server.server_options import ServerOptions
from serving.server.versions import model_directory
from serving.server.versions.version_loader import VersionLoader
from serving.server.versions.version_table import VersionTable
from serving.version_status import VersionState, VersionStatus

_log = logging.getLogger(__name__)


class LoadSettings:
    """What all versions of a server share: how to load, how often to try, how many at a time."""

    def __init__(self, options: ServerOptions, loader: VersionLoader) -> None:
        """Reads the options.

        Args:
            options: The retries, their interval, and the number of threads.
            loader: Loads one version, once.
        """
        self.loader = loader
        self.max_retries = options.max_num_load_retries
        self.retry_interval_s = options.load_retry_interval_micros / 1e6
        self.load_slots = threading.BoundedSemaphore(max(1, options.num_load_threads))
        self.unload_slots = threading.BoundedSemaphore(max(1, options.num_unload_threads))


@dataclass(frozen=True)
class _Failure:
    """The last load that failed, and what lay on the disk before it began."""

    error: ServingError
    stamp: frozenset[tuple[str, int, int]]


class VersionLife:
    """Loads one version, trying again as often as told, and unloads it when asked to.

    Its state is in the table; whoever owns it is woken when that has changed.
    """

    def __init__(
        self,
        version: int,
        directory: Path,
        table: VersionTable,
        settings: LoadSettings,
        wake: Callable[[], None],
    ) -> None:
        """Starts to load.

        Args:
            version: The version's number.
            directory: Its SavedModel.
            table: Where its states are noted and the loaded model is lent.
            settings: How to load.
            wake: Called from another thread when it is available, has failed or has ended.
        """
        self.version = version
        self.directory = directory
        self._table = table
        self._settings = settings
        self._wake = wake
        self._cancelled = threading.Event()
        self._failure: _Failure | None = None
        self._set(VersionState.START)
        self._start(self._load)

    @property
    def state(self) -> VersionState:
        """Where it is now."""
        return self._state

    @property
    def error(self) -> ServingError | None:
        """Why the last try to load it failed; it may be tried again."""
        return self._failure.error if self._failure else None

    @property
    def is_cancelled(self) -> bool:
        """Whether it is not wanted any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Makes the try that runs the last one; a wait for the next ends at once."""
        self._cancelled.set()

    def unload(self) -> None:
        """Lends it to nobody any more and, once all have given it back, frees it."""
        self._set(VersionState.UNLOADING)
        self._start(self._unload)

    def files_have_changed(self) -> bool:
        """Tells whether the directory of a failed version is not what it was when it failed."""
        return (
            self._failure is not None
            and model_directory.content_stamp(self.directory) != self._failure.stamp
        )

    def join(self) -> None:
        """Waits until what it is doing is done."""
        self._thread.join()

    def _load(self) -> None:
        for attempt in range(self._settings.max_retries + 1):
            if attempt and self._cancelled.wait(self._settings.retry_interval_s):
                break
            with self._settings.load_slots:
                if self._cancelled.is_set():
                    break
                if not attempt:
                    self._set(VersionState.LOADING)
                stamp = model_directory.content_stamp(self.directory)
                try:
                    predictor = self._settings.loader.load(
                        self.directory, self.version, self._cancelled.is_set
                    )
                except ServingError as error:
                    _log.warning(
                        "Version %d of model %s, try %d: %s",
                        self.version,
                        self._table.model_name,
                        attempt + 1,
                        error,
                    )
                    # Without its traceback, which would keep what was loaded in memory.
                    self._failure = _Failure(ServingError(error.code, error.message), stamp)
                    continue
            self._failure = None
            self._set(VersionState.AVAILABLE, predictor=predictor)
            self._wake()
            return
        never_tried = ServingError(
            StatusCode.CANCELLED, "Load cancelled before we could try to load."
        )
        self._set(VersionState.END, error=self.error or never_tried)
        self._wake()

    def _unload(self) -> None:
        predictor = self._table.take_back(self.version)
        with self._settings.unload_slots:
            try:
                predictor.close()
            except Exception:
                # It is out of the table and serves nobody, closed or not.
                _log.exception("Closing version %d failed", self.version)
            del predictor
            return_freed_memory()
        self._set(VersionState.END)
        self._wake()

    def _set(
        self,
        state: VersionState,
        error: ServingError | None = None,
        predictor: Predictor | None = None,
    ) -> None:
        # The table first: who sees the end here may start this version's next life in the table.
        self._table.set(VersionStatus(self.version, state, error), predictor)
        self._state = state

    def _start(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(
            target=work, name=f"{self._table.model_name} version {self.version}", daemon=True
        )
        self._thread.start()
