"""A model server in this process, for machines that have no ``tensorflow_model_server``.

It serves as TensorFlow Serving would: same services, same statuses, versions swapped without a gap.
The pipeline's runner and the tests start one to see a pushed model answer; ``studio-mask serve``
runs it as a service.
"""

import dataclasses
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.served_models import ServedModels
from serving.server.server_options import ServerOptions
from serving.server.services.grpc_server import GrpcServer
from serving.version_status import VersionStatus

if TYPE_CHECKING:
    from serving.server.rest.rest_server import RestServer

_log = logging.getLogger(__name__)


class EmbeddedServer:
    """Serves models over gRPC, and over REST if told so.

    Example:
        with EmbeddedServer("serving_models/mask", port=0) as server:
            mask = MaskClient(f"127.0.0.1:{server.port}").mask(jpeg)
    """

    def __init__(
        self,
        options: ServerOptions | str | os.PathLike[str],
        model_name: str = "mask",
        *,
        on_change: Callable[[str, VersionStatus], None] | None = None,
        metrics: ServerMetrics | None = None,
        **settings: Any,
    ) -> None:
        """Prepares a server; nothing is loaded and no port is open before ``start``.

        Args:
            options: Everything it can be told, or only the directory of one model's versions.
            model_name: The name of that one model.
            on_change: Called with a model's name and each new status of a version of it, from
                another thread.
            metrics: What it counts into; its own if None.
            **settings: Fields of ServerOptions that differ from ``options``, or from the defaults.

        Raises:
            TypeError: There is no such field.
        """
        if not isinstance(options, ServerOptions):
            options = ServerOptions(model_base_path=options, model_name=model_name)
        self.options = dataclasses.replace(options, **settings)
        self.metrics = metrics or ServerMetrics()
        self.models = ServedModels(self.options, self.metrics, on_change)
        self.port = self.options.port
        self.rest_port: int | None = None
        self._grpc: GrpcServer | None = None
        self._rest: RestServer | None = None
        self._lock = threading.Lock()
        self._is_stopped = False

    @property
    def model_base_path(self) -> Path:
        """The directory of versions of a server that was given one."""
        assert self.options.model_base_path is not None
        return Path(self.options.model_base_path)

    @property
    def target(self) -> str:
        """Where it listens for gRPC, as ``host:port``."""
        return f"{self.options.host}:{self.port}"

    def start(self, timeout_s: float | None = None) -> None:
        """Waits until every model is available, then opens the ports.

        Args:
            timeout_s: Give up after so many seconds; None waits for ever, as TensorFlow Serving
                does while a base path is missing or empty.

        Raises:
            ServingError: A model cannot be loaded, none appeared in time, the configuration cannot
                be, ``stop`` was called meanwhile, or (UNAVAILABLE) a port is taken.
        """
        try:
            self.models.start(timeout_s)
            with self._lock:
                if self._is_stopped:
                    raise ServingError(StatusCode.CANCELLED, "Stopped before the port was open.")
                self._open_ports()
        except BaseException:
            self.stop()
            raise

    def stop(self, grace_s: float = 30.0) -> None:
        """Closes the ports, lets running requests finish, and frees the models.

        Args:
            grace_s: Requests that still run after so many seconds are cancelled.
        """
        # Before the lock is free: a start in another thread may hold it while it waits.
        self.models.cancel_waits()
        with self._lock:
            self._is_stopped = True
            if self._grpc is not None:
                self._grpc.stop_accepting(grace_s)
            if self._rest is not None:
                self._rest.stop(grace_s)
                self._rest = None
            if self._grpc is not None:
                self._grpc.wait()
                self._grpc = None
            self.models.stop()

    def __enter__(self) -> "EmbeddedServer":
        """Starts the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops it."""
        self.stop()

    def _open_ports(self) -> None:
        options = self.options
        self._grpc = GrpcServer(self.models, options, self.metrics)
        self.port = self._grpc.port
        if options.rest_api_port is None:
            return
        if options.rest_api_port == self.port:
            _log.error(
                "rest_api_port %d is the gRPC port. Use a different port for the REST API, which "
                "is left out now.",
                self.port,
            )
            return
        # Most servers in this process, those of tests and of the runner, need no HTTP.
        from serving.server.rest.rest_server import RestServer

        self._rest = RestServer(self.models, options, self.metrics)
        self._rest.start()
        self.rest_port = self._rest.port
