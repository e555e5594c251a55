"""Requests over gRPC from an event loop."""

from collections.abc import Sequence
from typing import Any

import grpc
import grpc.aio

from serving.client.model_choice import ModelChoice, ModelOutput
from serving.client.server_address import ServerAddress
from serving.client.transports import grpc_calls, wire
from serving.errors import ServingError, StatusCode
from serving.version_status import VersionStatus


class AsyncGrpcTransport:
    """See ``AsyncTransport``."""

    def __init__(self, address: ServerAddress, model: ModelChoice, retries: int) -> None:
        """Prepares a channel; the arguments and errors are those of ``GrpcTransport``."""
        self._model = model
        self._target = address.target
        self._options = grpc_calls.channel_options(address, retries)
        self._credentials = None if address.tls is None else address.tls.grpc_credentials()
        self._channel: grpc.aio.Channel | None = None
        self._closed = False

    async def predict(
        self, images: Sequence[bytes], output: ModelOutput, timeout_s: float
    ) -> list[bytes]:
        """See ``Transport.predict``."""
        method = self._open_channel().unary_unary(
            wire.PREDICT,
            request_serializer=wire.PredictRequest.SerializeToString,
            response_deserializer=wire.PredictResponse.FromString,
        )
        request = grpc_calls.predict_request(self._model, images, output)
        return grpc_calls.predict_values(await _call(method, request, timeout_s), output)

    async def statuses(self, timeout_s: float) -> list[VersionStatus]:
        """See ``Transport.statuses``."""
        method = self._open_channel().unary_unary(
            wire.GET_MODEL_STATUS,
            request_serializer=wire.GetModelStatusRequest.SerializeToString,
            response_deserializer=wire.GetModelStatusResponse.FromString,
        )
        request = grpc_calls.status_request(self._model)
        return grpc_calls.version_statuses(await _call(method, request, timeout_s))

    async def close(self) -> None:
        """See ``Transport.close``."""
        self._closed = True
        if self._channel is not None:
            await self._channel.close()

    def _open_channel(self) -> grpc.aio.Channel:
        """Returns the channel; made here, as it belongs to the loop that runs when it is made."""
        if self._closed:
            raise ServingError(StatusCode.CANCELLED, "The client was closed.")
        if self._channel is None:
            if self._credentials is None:
                self._channel = grpc.aio.insecure_channel(self._target, self._options)
            else:
                self._channel = grpc.aio.secure_channel(
                    self._target, self._credentials, self._options
                )
        return self._channel


async def _call(method: grpc.aio.UnaryUnaryMultiCallable, request: Any, timeout_s: float) -> Any:
    try:
        return await method(request, timeout=timeout_s)
    except grpc.RpcError as error:
        raise grpc_calls.serving_error(error) from error
