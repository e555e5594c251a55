"""What the sync and the asyncio gRPC transport share: requests, replies, statuses, retries."""

import json
from collections.abc import Sequence
from typing import Any

import grpc

from serving.client.model_choice import PHOTOGRAPHS, ModelChoice, ModelOutput
from serving.client.server_address import ServerAddress
from serving.client.transports import wire
from serving.client.transports.retry import INITIAL_BACKOFF_S, MAX_BACKOFF_S
from serving.errors import ServingError, StatusCode
from serving.version_status import VersionState, VersionStatus

_SERVICES = ("tensorflow.serving.PredictionService", "tensorflow.serving.ModelService")


def channel_options(address: ServerAddress, retries: int) -> list[tuple[str, Any]]:
    """Returns the options of a channel.

    Args:
        address: The server.
        retries: How often a request is sent again after UNAVAILABLE; gRPC does it itself, within
            the deadline.
    """
    options: list[tuple[str, Any]] = [
        ("grpc.max_receive_message_length", -1),
        ("grpc.max_send_message_length", -1),
        ("grpc.enable_retries", 1),
        # A request larger than this buffer is never retried, and the default is 256 KiB.
        ("grpc.per_rpc_retry_buffer_size", 64 * 2**20),
        # No proxy stands between this machine and itself, whatever http_proxy says.
        ("grpc.enable_http_proxy", int(not address.is_loopback)),
    ]
    if retries:
        policy = {
            "maxAttempts": retries + 1,
            "initialBackoff": f"{INITIAL_BACKOFF_S}s",
            "maxBackoff": f"{MAX_BACKOFF_S}s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"],
        }
        names = [{"service": service} for service in _SERVICES]
        config = {"methodConfig": [{"name": names, "retryPolicy": policy}]}
        options.append(("grpc.service_config", json.dumps(config)))
    if address.tls is not None and address.tls.server_name is not None:
        options.append(("grpc.ssl_target_name_override", address.tls.server_name))
    return options


def predict_request(model: ModelChoice, images: Sequence[bytes], output: ModelOutput) -> Any:
    """Returns the PredictRequest of these photographs."""
    request = wire.PredictRequest(output_filter=[output.name])
    _fill(request.model_spec, model)
    request.model_spec.signature_name = output.signature_name
    wire.write_strings(images, request.inputs.add(key=PHOTOGRAPHS).value)
    return request


def predict_values(response: Any, output: ModelOutput) -> list[bytes]:
    """Returns the output of a PredictResponse; empty, if it is not there or of another type."""
    for entry in response.outputs:
        if entry.key == output.name:
            try:
                return wire.read_strings(entry.value)
            except ValueError:
                return []
    return []


def status_request(model: ModelChoice) -> Any:
    """Returns the GetModelStatusRequest; TensorFlow Serving ignores a label here."""
    request = wire.GetModelStatusRequest()
    _fill(request.model_spec, model)
    return request


def version_statuses(response: Any) -> list[VersionStatus]:
    """Returns the rows of a GetModelStatusResponse, as the server sorted them: newest first.

    Raises:
        ServingError: INTERNAL, if it holds a state or a code that does not exist.
    """
    try:
        return [
            VersionStatus(
                row.version,
                VersionState(row.state),
                ServingError(StatusCode(row.status.error_code), row.status.error_message)
                if row.status.error_code
                else None,
            )
            for row in response.model_version_status
        ]
    except ValueError as error:
        raise ServingError(StatusCode.INTERNAL, f"unknown status of a version: {error}") from error


def serving_error(error: grpc.RpcError) -> ServingError:
    """Returns the status that a call ended with."""
    return ServingError(StatusCode[error.code().name], error.details() or "")


def _fill(spec: Any, model: ModelChoice) -> None:
    spec.name = model.name
    if model.version is not None:
        spec.version.value = model.version
    elif model.label is not None:
        spec.version_label = model.label
