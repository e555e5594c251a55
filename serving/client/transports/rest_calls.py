"""What a request and a reply are over REST: paths, JSON and codes, without the sending.

The column format (``inputs``, ``outputs``) is used: photographs go as one column of base64 strings,
and an output comes back bare if its signature has no other.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from serving.client.model_choice import PHOTOGRAPHS, ModelChoice, ModelOutput
from serving.errors import ServingError, StatusCode
from serving.version_status import VersionState, VersionStatus

# As TensorFlow Serving maps them (http_rest_api_util.cc), and what proxies before it say.
_CODES = {
    400: StatusCode.INVALID_ARGUMENT,
    401: StatusCode.UNAUTHENTICATED,
    403: StatusCode.PERMISSION_DENIED,
    404: StatusCode.NOT_FOUND,
    409: StatusCode.ABORTED,
    413: StatusCode.RESOURCE_EXHAUSTED,
    429: StatusCode.RESOURCE_EXHAUSTED,
    499: StatusCode.CANCELLED,
    500: StatusCode.INTERNAL,
    501: StatusCode.UNIMPLEMENTED,
    502: StatusCode.UNAVAILABLE,
    503: StatusCode.UNAVAILABLE,
    504: StatusCode.DEADLINE_EXCEEDED,
}
# 400 stands for three statuses. These texts are FAILED_PRECONDITION over gRPC.
_PRECONDITIONS = (
    "Serving signature name",
    "Serving signature key",
    "Could not find variable",
    "Table not initialized",
)


def predict_path(model: ModelChoice) -> str:
    """Returns the path to POST a request to."""
    label = "" if model.label is None else f"/labels/{quote(model.label, safe='')}"
    return f"{_model_path(model)}{label}:predict"


def status_path(model: ModelChoice) -> str:
    """Returns the path to GET the status from; TensorFlow Serving ignores a label here."""
    return _model_path(model)


def predict_body(images: Sequence[bytes], output: ModelOutput) -> bytes:
    """Returns the JSON that asks for the output of these photographs."""
    column = [{"b64": base64.b64encode(image).decode("ascii")} for image in images]
    request = {"signature_name": output.signature_name, "inputs": {PHOTOGRAPHS: column}}
    return json.dumps(request, separators=(",", ":")).encode("ascii")


def predict_values(http_status: int, body: bytes, output: ModelOutput) -> list[bytes]:
    """Reads the reply to a request.

    Returns:
        The output's strings; empty, if the output is not there or of another type.

    Raises:
        ServingError: The status the reply stands for.
    """
    column = _answer(http_status, body).get("outputs")
    if isinstance(column, dict):
        column = column.get(output.name)
    if not isinstance(column, list):
        return []
    try:
        return [_string(value) for value in column]
    except (TypeError, KeyError, binascii.Error):
        return []


def version_statuses(http_status: int, body: bytes) -> list[VersionStatus]:
    """Reads the reply to a status request: the versions, newest first.

    Raises:
        ServingError: The status the reply stands for.
    """
    rows = _answer(http_status, body).get("model_version_status")
    try:
        return [_version_status(row) for row in rows or []]
    except (TypeError, KeyError, ValueError) as error:
        raise ServingError(
            StatusCode.INTERNAL, f"unknown status of a version: {error!r}"
        ) from error


def _model_path(model: ModelChoice) -> str:
    version = "" if model.version is None else f"/versions/{model.version}"
    return f"/v1/models/{quote(model.name, safe='')}{version}"


def _answer(http_status: int, body: bytes) -> dict[str, Any]:
    """Returns the JSON object of a good reply, and raises what a bad one stands for."""
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = None
    if http_status == 200 and answer is not None:
        return answer
    text = str((answer or {}).get("error", "")) or f"HTTP {http_status} without an error text"
    code = _CODES.get(http_status, StatusCode.UNKNOWN)
    if http_status == 413:
        text = f"Received message larger than max: {text}"
    elif http_status == 400 and text.startswith(_PRECONDITIONS):
        code = StatusCode.FAILED_PRECONDITION
    elif text.startswith("Malformed request"):
        code = StatusCode.UNIMPLEMENTED
    elif answer is None and (http_status in (200, 400, 404) or http_status not in _CODES):
        # Every reply of TensorFlow Serving to a request like ours is JSON.
        code = StatusCode.UNIMPLEMENTED
    raise ServingError(code, text)


def _string(value: Any) -> bytes:
    """Returns a string of an output: as base64 where its name ends in _bytes, otherwise raw."""
    if isinstance(value, str):
        return value.encode()
    return base64.b64decode(value["b64"], validate=True)


def _version_status(row: dict[str, Any]) -> VersionStatus:
    status = row["status"]
    code = StatusCode[status["error_code"]]
    return VersionStatus(
        int(row["version"]),
        VersionState[row["state"]],
        None if code is StatusCode.OK else ServingError(code, status["error_message"]),
    )
