"""Every model of one server: which are served, from where, and the lending of their versions."""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager

from tensorflow_serving.config import model_server_config_pb2

from serving.errors import ServingError, StatusCode
from serving.server.config_poller import ConfigPoller
from serving.server.metrics import ServerMetrics
from serving.server.model_config import read_model_config_file
from serving.server.model_registry import ModelRegistry
from serving.server.model_request import ModelRequest
from serving.server.predictor import Predictor
from serving.server.server_options import ServerOptions
from serving.server.versions.version_life import LoadSettings
from serving.server.versions.version_loader import VersionLoader
from serving.server.versions.version_manager import VersionManager
from serving.server.versions.version_table import VersionTable
from serving.version_status import VersionStatus

_log = logging.getLogger(__name__)
# How long it may take to notice that nobody waits for an answer any more.
_CHECK_S = 0.5


class ServedModels:
    """The models of one server; shared by the threads of all requests.

    Example:
        models = ServedModels(ServerOptions(model_base_path="serving_models/mask"), ServerMetrics())
        models.start()
        with models.borrow(ModelRequest("default")) as predictor:
            masks = predictor.predict({"image_bytes": np.array([jpeg], dtype=object)})
        models.stop()
    """

    def __init__(
        self,
        options: ServerOptions,
        metrics: ServerMetrics,
        on_change: Callable[[str, VersionStatus], None] | None = None,
    ) -> None:
        """Prepares the models; nothing is loaded before ``start``.

        Args:
            options: What to serve and how to load it.
            metrics: Counts loads and warm-ups.
            on_change: Called with a model's name and each new status of a version of it, from
                another thread.
        """
        self._options = options
        self._on_change = on_change
        self._loader = VersionLoader(options, metrics)
        self._settings = LoadSettings(options, self._loader)
        self._registry = ModelRegistry(
            self._new_manager,
            allow_labels_for_unavailable=options.allow_version_labels_for_unavailable_models,
        )
        self._progress = threading.Condition()
        self._is_stopping = False
        self._poller: ConfigPoller | None = None
        if options.model_config_file and options.model_config_file_poll_wait_seconds > 0:
            self._poller = ConfigPoller(
                options.model_config_file,
                options.model_config_file_poll_wait_seconds,
                self._registry.apply,
            )

    def start(self, timeout_s: float | None = None) -> None:
        """Loads the models of the options and waits until each has a version available.

        Args:
            timeout_s: Give up after so many seconds; None waits for ever, as TensorFlow Serving
                does while a base path is missing or empty.

        Raises:
            ServingError: INVALID_ARGUMENT, NOT_FOUND or FAILED_PRECONDITION for a configuration
                that cannot be, UNKNOWN if no wanted version of a model can be loaded, CANCELLED if
                ``stop`` was called meanwhile, DEADLINE_EXCEEDED after ``timeout_s``.
        """
        added = self._registry.apply(self._first_config())
        self._wait_until_available(added, timeout_s, "servable(s)")
        if self._poller is not None:
            self._poller.start()

    def cancel_waits(self) -> None:
        """Makes every ``start`` and ``reload`` that waits for a model fail with CANCELLED."""
        with self._progress:
            self._is_stopping = True
            self._progress.notify_all()

    def stop(self) -> None:
        """Waits until every borrowed version is given back, and frees them all."""
        self.cancel_waits()
        if self._poller is not None:
            self._poller.stop()
        self._registry.close()
        self._loader.close()

    def borrow(self, request: ModelRequest) -> AbstractContextManager[Predictor]:
        """Lends the version asked for; it stays loaded for as long as the context lasts.

        Args:
            request: The model, and its version or label.

        Returns:
            A context manager that gives the loaded version.

        Raises:
            ServingError: NOT_FOUND for an unknown model or version, INVALID_ARGUMENT for an
                unknown label, in TensorFlow Serving's words.
        """
        return self._registry.borrow(request)

    def statuses(self, model_name: str, version: int | None = None) -> list[VersionStatus]:
        """Tells where versions are in their life; those that have ended stay in the list.

        Args:
            model_name: The model.
            version: Only this version; every version seen so far if None.

        Returns:
            The statuses, newest version first.

        Raises:
            ServingError: NOT_FOUND for a model or a version that was never seen.
        """
        seen = self._registry.statuses(model_name)
        if version is not None:
            seen = [status for status in seen if status.version == version]
        if not seen:
            missing = "any versions" if version is None else f"version {version}"
            raise ServingError(
                StatusCode.NOT_FOUND, f"Could not find {missing} of model {model_name}"
            )
        return seen

    def reload(
        self,
        config: model_server_config_pb2.ModelServerConfig,
        timeout_s: float | None = None,
        is_awaited: Callable[[], bool] = lambda: True,
    ) -> None:
        """Serves these models from now on, and waits until the new ones are available.

        Models that are not listed are unloaded at once.

        Args:
            config: The models.
            timeout_s: Stop waiting after so many seconds; the configuration stays in force.
            is_awaited: Asked now and then whether somebody still waits for the answer.

        Raises:
            ServingError: INVALID_ARGUMENT, FAILED_PRECONDITION or UNIMPLEMENTED for a
                configuration that cannot be, and then nothing has changed. UNKNOWN if no wanted
                version of a new model can be loaded, DEADLINE_EXCEEDED after ``timeout_s``,
                CANCELLED if the server stops or nobody waits any more.
        """
        added = self._registry.apply(config)
        self._wait_until_available(added, timeout_s, "model(s)", is_awaited)

    def _first_config(self) -> model_server_config_pb2.ModelServerConfig:
        options = self._options
        if options.model_config_file:
            return read_model_config_file(options.model_config_file)
        if not options.model_base_path:
            raise ServingError(
                StatusCode.INVALID_ARGUMENT,
                "Both server_options.model_base_path and server_options.model_config_file are "
                "empty!",
            )
        config = model_server_config_pb2.ModelServerConfig()
        config.model_config_list.config.add(
            name=options.model_name,
            # Unlike TensorFlow Serving: a path given by hand may be relative.
            base_path=os.path.abspath(options.model_base_path),
            model_platform="tensorflow",
        )
        return config

    def _wait_until_available(
        self,
        names: Collection[str],
        timeout_s: float | None,
        kind: str,
        is_awaited: Callable[[], bool] = lambda: True,
    ) -> None:
        """Waits until each of these models is available, has failed or is not served any more."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._progress:
            while (pending := self._registry.pending(names)) or self._registry.leaving():
                wait_s = _CHECK_S if deadline is None else deadline - time.monotonic()
                if self._is_stopping or not is_awaited():
                    raise ServingError(
                        StatusCode.CANCELLED, "Stopped before a version was available."
                    )
                if wait_s <= 0:
                    raise ServingError(
                        StatusCode.DEADLINE_EXCEEDED,
                        f"After {timeout_s:g} s no version of model {pending[0]} is available "
                        f"{self._registry.why_late(pending[0])}"
                        if pending
                        else f"After {timeout_s:g} s models are still to be unloaded.",
                    )
                self._progress.wait(min(_CHECK_S, wait_s))
        failures = self._registry.failures(names)
        if failures:
            listed = "".join(
                f"{{{{name: {name} version: {version}}} due to error: {error}}}, "
                for (name, version), error in failures.items()
            )
            raise ServingError(
                StatusCode.UNKNOWN,
                f"{len(failures)} {kind} did not become available: {{{listed}}}",
            )

    def _new_manager(self, name: str) -> VersionManager:
        return VersionManager(
            VersionTable(name, self._note),
            self._settings,
            poll_wait_s=self._options.file_system_poll_wait_seconds,
            on_progress=self._wake_waiting,
        )

    def _note(self, name: str, status: VersionStatus) -> None:
        if self._on_change is None:
            return
        try:
            self._on_change(name, status)
        except Exception:
            # Whoever watches must not be able to stop a swap half-way.
            _log.exception("Telling of version %d of model %s failed", status.version, name)

    def _wake_waiting(self) -> None:
        with self._progress:
            self._progress.notify_all()
