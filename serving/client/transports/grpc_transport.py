"""Requests over gRPC, each from the thread that makes it."""

from collections.abc import Sequence
from typing import Any

import grpc

from serving.client.model_choice import ModelChoice, ModelOutput
from serving.client.server_address import ServerAddress
from serving.client.transports import grpc_calls, wire
from serving.errors import ServingError, StatusCode
from serving.version_status import VersionStatus


class GrpcTransport:
    """See ``Transport``; the connection is opened by the first request."""

    def __init__(self, address: ServerAddress, model: ModelChoice, retries: int) -> None:
        """Prepares a channel.

        Args:
            address: The server.
            model: The model to ask.
            retries: How often a request is sent again after UNAVAILABLE.

        Raises:
            TlsFailed: A file for TLS cannot be used.
        """
        self._model = model
        options = grpc_calls.channel_options(address, retries)
        if address.tls is None:
            self._channel = grpc.insecure_channel(address.target, options)
        else:
            credentials = address.tls.grpc_credentials()
            self._channel = grpc.secure_channel(address.target, credentials, options)
        self._predict = self._channel.unary_unary(
            wire.PREDICT,
            request_serializer=wire.PredictRequest.SerializeToString,
            response_deserializer=wire.PredictResponse.FromString,
        )
        self._get_status = self._channel.unary_unary(
            wire.GET_MODEL_STATUS,
            request_serializer=wire.GetModelStatusRequest.SerializeToString,
            response_deserializer=wire.GetModelStatusResponse.FromString,
        )

    def predict(
        self, images: Sequence[bytes], output: ModelOutput, timeout_s: float
    ) -> list[bytes]:
        """See ``Transport.predict``."""
        request = grpc_calls.predict_request(self._model, images, output)
        return grpc_calls.predict_values(_call(self._predict, request, timeout_s), output)

    def statuses(self, timeout_s: float) -> list[VersionStatus]:
        """See ``Transport.statuses``."""
        request = grpc_calls.status_request(self._model)
        return grpc_calls.version_statuses(_call(self._get_status, request, timeout_s))

    def close(self) -> None:
        """See ``Transport.close``."""
        self._channel.close()


def _call(method: grpc.UnaryUnaryMultiCallable, request: Any, timeout_s: float) -> Any:
    try:
        return method(request, timeout=timeout_s)
    except grpc.RpcError as error:
        raise grpc_calls.serving_error(error) from error
    except ValueError as error:
        # What gRPC raises on a channel that is closed.
        raise ServingError(StatusCode.CANCELLED, "The client was closed.") from error
