"""The REST port: an HTTP server in a thread, with a loop of its own, in front of the served models.

TensorFlow Serving's REST port speaks no TLS, whatever ``--ssl_config_file`` says, and neither does
this one: a proxy in front of it has to.
"""

import os
import socket
import threading
import time
from concurrent import futures

import uvicorn

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.rest.rest_api import RestApi
from serving.server.served_models import ServedModels
from serving.server.server_options import ServerOptions

_BACKLOG = 2048
# Longer than clients keep idle connections, who would else meet one that closes just then.
_KEEP_ALIVE_S = 120


class RestServer:
    """Serves TensorFlow Serving's REST interface, and the metrics page if the options name one.

    Example:
        server = RestServer(served_models, ServerOptions(rest_api_port=8501), metrics)
        server.start()
        ...
        server.stop(grace_s=30)
    """

    def __init__(
        self, served_models: ServedModels, options: ServerOptions, metrics: ServerMetrics
    ) -> None:
        """Prepares a server; no port is open before ``start``.

        Args:
            served_models: What to answer from.
            options: Host, REST port (0 takes a free one), threads, timeout, CORS, metrics page.
            metrics: Counts the requests, and fills the metrics page.
        """
        self._options = options
        self._threads = futures.ThreadPoolExecutor(
            options.rest_api_num_threads or 4 * (os.cpu_count() or 1), thread_name_prefix="rest"
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                RestApi(served_models, options, metrics, self._threads),
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE_S,
            )
        )
        self._port = options.rest_api_port or 0
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on; before ``start``, the one it was told."""
        return self._port

    def start(self) -> None:
        """Opens the port and answers from now on.

        Raises:
            ServingError: UNAVAILABLE, if the port is taken.
        """
        listener = self._listen()
        self._port = listener.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="rest", daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise ServingError(StatusCode.INTERNAL, "The REST server ended as it began.")
            time.sleep(0.001)

    def stop(self, grace_s: float = 30.0) -> None:
        """Closes the port and lets running requests finish.

        Args:
            grace_s: Requests that still run after so many seconds are given up.
        """
        if self._thread is not None:
            # uvicorn's annotation asks for whole seconds; asyncio, which gets it, does not.
            self._server.config.timeout_graceful_shutdown = grace_s  # type: ignore[assignment]
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _listen(self) -> socket.socket:
        host = self._options.host.strip("[]")
        # "::" is every address, of IPv4 too; on a machine without IPv6 that is "0.0.0.0".
        every_address = host == "::"
        if every_address and not socket.has_dualstack_ipv6():
            host, every_address = "0.0.0.0", False
        try:
            listener = socket.create_server(
                (host, self._port),
                family=socket.AF_INET6 if ":" in host else socket.AF_INET,
                backlog=_BACKLOG,
                dualstack_ipv6=every_address,
            )
        except OSError as error:
            raise ServingError(
                StatusCode.UNAVAILABLE,
                f"Cannot listen on {self._options.host}:{self._port}: {error.strerror}. "
                "Is the port taken?",
            ) from error
        # Connections inherit it. Without it an answer, headers first, waits for the client's
        # delayed acknowledgement: 40 ms. asyncio only sees to it if it has made the socket.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
