"""The gRPC side of a server: its ports, its certificate, its threads and its services."""

import logging
import os
from concurrent import futures

import grpc

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.served_models import ServedModels
from serving.server.server_options import ServerOptions
from serving.server.services.health_service import HealthService
from serving.server.services.model_service import ModelService
from serving.server.services.prediction_service import PredictionService
from serving.server.services.rpc_services import MODEL_SERVICE, PREDICTION_SERVICE
from serving.server.ssl_options import SslOptions

_log = logging.getLogger(__name__)
_INT32_MAX = 2**31 - 1


class GrpcServer:
    """Answers gRPC from the moment it is made until it is stopped."""

    def __init__(
        self, models: ServedModels, options: ServerOptions, metrics: ServerMetrics
    ) -> None:
        """Opens the port, and the UNIX socket if one is asked for.

        Args:
            models: What can be asked.
            options: Where to listen, and how.
            metrics: Counts requests.

        Raises:
            ServingError: UNAVAILABLE if it cannot listen there, INVALID_ARGUMENT for a certificate
                that cannot be used.
        """
        threads = options.grpc_max_threads or 4 * (os.cpu_count() or 1)
        self._pool = futures.ThreadPoolExecutor(threads, thread_name_prefix="grpc")
        self._server = grpc.server(self._pool, options=_channel_arguments(options))
        self._health: HealthService | None = None
        prediction = PredictionService(
            models, metrics, as_tensor_content=options.enable_serialization_as_tensor_content
        )
        handlers = [
            PREDICTION_SERVICE.handler(prediction),
            MODEL_SERVICE.handler(ModelService(models)),
        ]
        if options.enable_grpc_healthcheck_service:
            # Half of the threads are kept for requests, whoever watches.
            self._health = HealthService(max_watchers=max(1, threads // 2))
            handlers.append(self._health.handler())
        self._server.add_generic_rpc_handlers(handlers)
        try:
            self.port = self._listen(f"{options.host}:{options.port}", options.ssl)
            if options.grpc_socket_path is not None:
                self._listen(f"unix:{os.fspath(options.grpc_socket_path)}", options.ssl)
        except ServingError:
            # A server that was never started would keep its ports.
            self._server.start()
            self._server.stop(None).wait()
            self._pool.shutdown()
            raise
        self._server.start()

    def stop_accepting(self, grace_s: float) -> None:
        """Takes no new requests, and gives those that run some time.

        Args:
            grace_s: Seconds after which they are cancelled.
        """
        if self._health is not None:
            self._health.stop()
        self._stopped = self._server.stop(grace_s)

    def wait(self) -> None:
        """Waits, after ``stop_accepting``, until nothing runs any more."""
        self._stopped.wait()
        self._pool.shutdown()

    def _listen(self, address: str, ssl: SslOptions | None) -> int:
        """Opens a port or a socket, and returns the port's number."""
        try:
            if ssl is None:
                port = self._server.add_insecure_port(address)
            else:
                port = self._server.add_secure_port(address, _credentials(ssl))
        except RuntimeError as error:
            hint = "is the port taken"
            if ssl is not None:
                hint += ", or the key or the certificate not what ssl_config_file should hold"
            raise ServingError(
                StatusCode.UNAVAILABLE, f"Cannot listen on {address}: {hint}?"
            ) from error
        return int(port)


def _channel_arguments(options: ServerOptions) -> list[tuple[str, int | str]]:
    arguments: dict[str, int | str] = {
        "grpc.max_receive_message_length": _INT32_MAX,
        "grpc.max_send_message_length": _INT32_MAX,
        # Otherwise a second server could take the same port, and each would get half of the
        # requests.
        "grpc.so_reuseport": 0,
    }
    return list((arguments | dict(options.grpc_channel_arguments)).items())


def _credentials(ssl: SslOptions) -> grpc.ServerCredentials:
    try:
        return grpc.ssl_server_credentials(
            [(ssl.server_key.encode(), ssl.server_cert.encode())],
            root_certificates=ssl.custom_ca.encode() or None,
            require_client_auth=ssl.client_verify,
        )
    except ValueError as error:
        raise ServingError(StatusCode.INVALID_ARGUMENT, f"ssl_config_file: {error}") from error
