"""The standard gRPC health check, for probes: --enable_grpc_healthcheck_service.

It tells whether the server takes requests, not whether a certain model does: its port only opens
once every model is available. https://github.com/grpc/grpc/blob/master/doc/health-checking.md
"""

import threading
from collections.abc import Iterator
from typing import Any

import grpc

from serving.errors import ServingError, StatusCode
from serving.server.services.grpc_status import with_status
from serving.server.services.health_messages import (
    HealthCheckRequest,
    HealthCheckResponse,
    ServingStatus,
)

_SERVICE = "grpc.health.v1.Health"
_NAMES = frozenset({"", "ModelService", "PredictionService"})
# How long it may take to notice that nobody watches any more.
_CHECK_S = 1.0


class HealthService:
    """Answers Check and Watch."""

    def __init__(self, max_watchers: int) -> None:
        """Makes the service of a server that serves.

        Args:
            max_watchers: Each Watch keeps a thread of the server; more are refused.
        """
        self._stopping = threading.Event()
        self._watchers = threading.BoundedSemaphore(max_watchers)

    def handler(self) -> grpc.GenericRpcHandler:
        """Returns what a server needs to route the calls here."""
        methods = {
            "Check": grpc.unary_unary_rpc_method_handler(
                self.check,
                request_deserializer=HealthCheckRequest.FromString,
                response_serializer=HealthCheckResponse.SerializeToString,
            ),
            "Watch": grpc.unary_stream_rpc_method_handler(
                self.watch,
                request_deserializer=HealthCheckRequest.FromString,
                response_serializer=HealthCheckResponse.SerializeToString,
            ),
        }
        return grpc.method_handlers_generic_handler(_SERVICE, methods)

    def stop(self) -> None:
        """Tells every watcher that the server does not serve any more, and ends its call."""
        self._stopping.set()

    @with_status
    def check(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Answers the status of a service; NOT_FOUND for one that is not here."""
        if request.service not in _NAMES:
            raise ServingError(StatusCode.NOT_FOUND, "service name unknown")
        return HealthCheckResponse(status=self._status(request.service))

    @with_status
    def watch(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        """Answers the status of a service now, and again when it changes: when the server stops."""
        if not self._watchers.acquire(blocking=False):
            raise ServingError(
                StatusCode.RESOURCE_EXHAUSTED, "Too many watch the health: use Check instead."
            )
        if not context.add_callback(self._watchers.release):
            # The call has ended already, and nobody would be told.
            self._watchers.release()
        return self._statuses(request.service, context)

    def _statuses(self, name: str, context: grpc.ServicerContext) -> Iterator[Any]:
        yield HealthCheckResponse(status=self._status(name))
        while context.is_active() and not self._stopping.wait(_CHECK_S):
            pass
        yield HealthCheckResponse(status=self._status(name))

    def _status(self, name: str) -> ServingStatus:
        if name not in _NAMES:
            return ServingStatus.SERVICE_UNKNOWN
        return ServingStatus.NOT_SERVING if self._stopping.is_set() else ServingStatus.SERVING
