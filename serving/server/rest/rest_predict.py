"""One REST prediction, from the body of the request to the body of the answer."""

import time
import zlib

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.model_request import ModelRequest
from serving.server.rest import rest_inputs, rest_json, rest_outputs
from serving.server.servable import DEFAULT_SIGNATURE
from serving.server.served_models import ServedModels

# A few kilobytes of gzip could otherwise fill the memory.
LARGEST_UNPACKED_BYTES = 100 * 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def predict(
    served_models: ServedModels,
    metrics: ServerMetrics,
    model: ModelRequest,
    body: bytes,
    timeout_s: float | None = None,
) -> bytes:
    """Answers a predict request.

    Args:
        served_models: What to ask.
        metrics: Gets the time that the model took.
        model: Which version of which model.
        body: The request's JSON.
        timeout_s: The model's run is given up after so many seconds.

    Returns:
        The answer's JSON.

    Raises:
        ServingError: With TensorFlow Serving's status and words.
    """
    document = rest_json.parse_object(body)
    asked = rest_inputs.signature_name(document)
    name = asked or DEFAULT_SIGNATURE
    with served_models.borrow(model) as predictor:
        signature = predictor.signature_defs.get(name)
        if signature is None:
            raise _invalid(f'Serving signature name: "{name}" not found in signature def')
        if not signature.inputs:
            raise _invalid(f"Failed to get input map for signature: {asked or 'DEFAULT'}")
        inputs = rest_inputs.read_inputs(document, signature.inputs)
        start = time.perf_counter()
        outputs = predictor.predict(inputs.arrays, name, timeout_s=timeout_s)
        microseconds = (time.perf_counter() - start) * 1e6
    metrics.observe_runtime(model.name, "Predict", "TF1", microseconds)
    return rest_outputs.write_outputs(outputs, by_row=inputs.by_row)


def unpack(body: bytes) -> bytes:
    """Unpacks a request's body that came as gzip.

    Args:
        body: The body as it was sent.

    Returns:
        What was packed.

    Raises:
        ServingError: INVALID_ARGUMENT, if that is not gzip, incomplete or unreasonably much.
    """
    inflater = zlib.decompressobj(_GZIP)
    try:
        unpacked = inflater.decompress(body, LARGEST_UNPACKED_BYTES)
    except zlib.error as error:
        raise _invalid(f"The request's body cannot be unpacked as gzip: {error}") from error
    if not inflater.eof:
        raise _invalid(
            "The request's body cannot be unpacked as gzip: it is incomplete, or holds more than "
            f"{LARGEST_UNPACKED_BYTES} bytes."
        )
    return unpacked


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
