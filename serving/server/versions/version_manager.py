"""Keeps the wanted versions of one model loaded, and never lets go of one before it has the next.

TensorFlow Serving's AspiredVersionsManager with its AvailabilityPreservingPolicy. One thread looks
at the base path and decides; each version loads and unloads in threads of its own.
"""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from serving.errors import ServingError
from serving.server.model_config import ModelConfig
from serving.server.versions import model_directory
from serving.server.versions.version_life import LoadSettings, VersionLife
from serving.server.versions.version_table import VersionTable
from serving.version_status import VersionState

_log = logging.getLogger(__name__)


class VersionManager:
    """Fills a VersionTable from a base path, in a thread of its own."""

    def __init__(
        self,
        table: VersionTable,
        settings: LoadSettings,
        *,
        poll_wait_s: float = 1.0,
        on_progress: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepares a manager; ``configure`` sets it to work.

        Args:
            table: The table to fill.
            settings: How to load.
            poll_wait_s: Seconds between two looks at the base path; 0 looks once, below 0 never.
            on_progress: Called, from some thread, whenever ``failures`` or the table's available
                versions may have changed.
        """
        self.table = table
        self._settings = settings
        self._poll_wait_s = poll_wait_s
        self._on_progress = on_progress
        # Guards what follows; the lives are changed by the manager's own thread only.
        self._woken = threading.Condition()
        self._is_woken = False
        self._config: ModelConfig | None = None
        self._next_poll: float | None = None
        self._lives: dict[int, VersionLife] = {}
        self._wanted: dict[int, Path] = {}
        self._thread: threading.Thread | None = None

    def configure(self, config: ModelConfig | None) -> None:
        """Serves this from now on.

        Args:
            config: Where to look for which versions; None serves nothing any more.
        """
        with self._woken:
            if config == self._config:
                return
            self._config = config
            self._next_poll = None if self._poll_wait_s < 0 else time.monotonic()
            self._is_woken = True
            self._woken.notify_all()
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name=f"{self.table.model_name} versions", daemon=True
                )
                self._thread.start()

    def failures(self) -> dict[int, ServingError]:
        """Returns why nothing is available, by version.

        Empty while something is, or while a version that is wanted may still become available.
        """
        with self._woken:
            lives = [life for life in self._lives.values() if not life.is_cancelled]
        errors = {
            life.version: life.error
            for life in lives
            if life.state is VersionState.END and life.error is not None
        }
        if len(errors) < len(lives) or self.table.available():
            return {}
        return errors

    def last_error(self) -> ServingError | None:
        """Returns why the last try to load the newest version failed, if it did."""
        with self._woken:
            lives = [self._lives[version] for version in sorted(self._lives)]
        return lives[-1].error if lives else None

    def join(self) -> None:
        """Waits, after ``configure(None)``, until every version is given back and freed."""
        with self._woken:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._woken:
                self._woken.wait_for(lambda: self._is_woken, self._wait_s())
                self._is_woken = False
                config = self._config
                is_due = self._next_poll is not None and time.monotonic() >= self._next_poll
                if is_due:
                    self._next_poll = (
                        time.monotonic() + self._poll_wait_s if self._poll_wait_s > 0 else None
                    )
            try:
                if config is None:
                    self._wanted = {}
                elif is_due:
                    self._look(config)
                self._reconcile(is_due)
            except Exception:
                # The thread has to outlive whatever one look at a shared disk may raise.
                _log.exception("Model %s: looking after its versions failed", self.table.model_name)
            self._on_progress()
            with self._woken:
                if self._config is None and not self._lives:
                    self._thread = None
                    return

    def _wait_s(self) -> float | None:
        if self._config is None or self._next_poll is None:
            return None
        return max(0.0, self._next_poll - time.monotonic())

    def _look(self, config: ModelConfig) -> None:
        """Finds out which versions are wanted; if the base path cannot be read, those of before."""
        try:
            on_disk = model_directory.version_directories(config.base_path)
        except OSError as error:
            # A share that is away for a moment must not take the service down.
            _log.debug("Cannot look into %s: %s", config.base_path, error)
            return
        self._wanted = {version: on_disk[version] for version in config.policy.wanted(on_disk)}

    def _reconcile(self, has_looked: bool) -> None:
        """Starts, cancels and unloads versions until what is loaded is what is wanted."""
        for life in list(self._lives.values()):
            is_wanted = life.version in self._wanted
            if not is_wanted and life.state in (VersionState.START, VersionState.LOADING):
                life.cancel()
            if life.state is VersionState.END:
                has_failed = is_wanted and not life.is_cancelled and life.error is not None
                if not has_failed or (has_looked and life.files_have_changed()):
                    # It is about to end, and a process that ends before it is aborted.
                    life.join()
                    with self._woken:
                        del self._lives[life.version]
        for life in self._unneeded():
            life.unload()
        for version, directory in self._wanted.items():
            if version not in self._lives:
                life = VersionLife(version, directory, self.table, self._settings, self._wake)
                with self._woken:
                    self._lives[version] = life

    def _unneeded(self) -> list[VersionLife]:
        """Chooses what can go: nothing, while it is the last that answers and a better one loads.

        Of several old versions only the newest is kept until a wanted one is available.
        """
        available = [life for life in self._lives.values() if life.state is VersionState.AVAILABLE]
        old = sorted(
            (life for life in available if life.version not in self._wanted),
            key=lambda life: life.version,
        )
        has_wanted = any(life.version in self._wanted for life in available)
        return old if has_wanted or not self._wanted else old[:-1]

    def _wake(self) -> None:
        with self._woken:
            self._is_woken = True
            self._woken.notify_all()
        self._on_progress()
