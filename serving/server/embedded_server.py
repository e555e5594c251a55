"""A model server in this process, for machines that have no ``tensorflow_model_server``.

It serves one model over gRPC as TensorFlow Serving would: same services, same statuses, newest
version, swapped without a gap. The pipeline's runner and the tests start one to see a pushed model
answer; ``studio-mask serve`` runs it as a service.
"""

import os
import threading
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from types import TracebackType

import grpc
from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc

from serving.errors import ServingError, StatusCode
from serving.server import grpc_services
from serving.server.session_options import SessionOptions
from serving.server.version_manager import VersionManager
from serving.server.version_status import VersionStatus
from serving.server.version_table import VersionTable

_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", 2**31 - 1),
    ("grpc.max_send_message_length", 2**31 - 1),
    # Otherwise a second server could take the same port, and each would get half of the requests.
    ("grpc.so_reuseport", 0),
)


class EmbeddedServer:
    """Serves the newest version of one model.

    Example:
        with EmbeddedServer("serving_models/mask", port=0) as server:
            mask = MaskClient(f"127.0.0.1:{server.port}").mask(jpeg)
    """

    def __init__(
        self,
        model_base_path: str | os.PathLike[str],
        model_name: str = "mask",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        file_system_poll_wait_seconds: float = 1.0,
        grpc_max_threads: int | None = None,
        options: SessionOptions | None = None,
        on_change: Callable[[VersionStatus], None] | None = None,
    ) -> None:
        """Prepares a server; nothing is loaded and no port is open before ``start``.

        Args:
            model_base_path: The directory of version directories; it may appear later.
            model_name: The name requests ask for.
            host: The address to listen on; ``[::]`` is every address of this machine.
            port: The port to listen on; 0 takes a free one.
            file_system_poll_wait_seconds: Time between two looks for a new version; 0 stops looking
                once a version serves.
            grpc_max_threads: Requests answered side by side; four per CPU if None.
            options: Threads and devices for each version.
            on_change: Called with each new status of a version, from another thread.
        """
        self.model_base_path = Path(model_base_path)
        self.host = host
        self.port = port
        self._versions = VersionTable(model_name, on_change)
        self._manager = VersionManager(
            self._versions,
            self.model_base_path,
            poll_wait_s=file_system_poll_wait_seconds,
            options=options,
        )
        self._threads = grpc_max_threads or 4 * (os.cpu_count() or 1)
        self._pool: futures.ThreadPoolExecutor | None = None
        self._grpc_server: grpc.Server | None = None
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def target(self) -> str:
        """Where it listens, as ``host:port``."""
        return f"{self.host}:{self.port}"

    def start(self, timeout_s: float | None = None) -> None:
        """Waits until a version is available, then opens the port.

        Args:
            timeout_s: Give up after so many seconds; None waits for ever, as TensorFlow Serving
                does while the base path is missing or empty.

        Raises:
            ServingError: The newest version cannot be loaded, none appeared in time, ``stop`` was
                called meanwhile, or (UNAVAILABLE) the port is taken.
        """
        self._manager.start()
        try:
            self._manager.wait_until_available(timeout_s)
            with self._lock:
                if self._stopped:
                    raise ServingError(StatusCode.CANCELLED, "Stopped before the port was open.")
                self._open_port()
        except BaseException:
            self.stop()
            raise

    def stop(self, grace_s: float = 30.0) -> None:
        """Closes the port, lets running requests finish, and frees the model.

        Args:
            grace_s: Requests that still run after so many seconds are cancelled.
        """
        with self._lock:
            self._stopped = True
            if self._grpc_server is not None:
                self._grpc_server.stop(grace_s).wait()
                self._grpc_server = None
            if self._pool is not None:
                self._pool.shutdown()
                self._pool = None
            self._manager.stop()

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

    def _open_port(self) -> None:
        self._pool = futures.ThreadPoolExecutor(self._threads, thread_name_prefix="grpc")
        server = grpc.server(self._pool, options=_CHANNEL_OPTIONS)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            grpc_services.PredictionService(self._versions), server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(
            grpc_services.ModelService(self._versions), server
        )
        try:
            self.port = server.add_insecure_port(self.target)
        except RuntimeError as error:
            raise ServingError(
                StatusCode.UNAVAILABLE, f"Cannot listen on {self.target}: is the port taken?"
            ) from error
        server.start()
        self._grpc_server = server
