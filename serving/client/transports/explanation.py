"""Says what a status means to whoever asked for a mask: which error, and what to do.

Every transport fails with the same statuses, so this is the one place that knows TensorFlow
Serving's texts, gRPC's and those of its REST interface.
"""

import re

from serving.client.errors import (
    InvalidPhotograph,
    MaskServiceError,
    ModelNotFound,
    ModelUnsuitable,
    RequestTimedOut,
    ServerBusy,
    ServerUnavailable,
    ServiceError,
    TlsFailed,
)
from serving.client.model_choice import ModelChoice
from serving.client.server_address import ServerAddress
from serving.errors import ServingError, StatusCode

# How TensorFlow Serving words that a request and a signature do not fit together.
_UNFIT = re.compile(
    r"input size does not match|Signature input alias|Expects arg|output tensor"
    # Over REST.
    r"|Missing named input|inputs is a plain value/list|.*is not of expected type",
    re.DOTALL,
)
_NO_SUCH_LABEL = "Unrecognized servable version label"
_TOO_LARGE = "larger than max"
# OpenSSL's texts, by way of gRPC and of Python's ssl.
_TLS = re.compile(
    r"handshake failed|verification check failed|\[SSL|SSL_ERROR|certificate|peer name",
    re.IGNORECASE,
)
# Somebody was there, and then not: gRPC's texts, and httpx's kinds of errors.
_BROKEN = re.compile(
    r"socket closed|connection reset|broken pipe|http1|ReadError|WriteError|RemoteProtocolError",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"connection refused|all connection attempts failed", re.IGNORECASE)


def explain(
    error: ServingError, address: ServerAddress, model: ModelChoice, timeout_s: float
) -> MaskServiceError:
    """Turns a status into the error that tells its reader what to do.

    Args:
        error: What the transport raised.
        address: The server that was asked.
        model: The model that was asked for.
        timeout_s: The deadline, in seconds.

    Returns:
        The error to raise; its text is one line.
    """
    code, details = error.code, " ".join(error.message.split())
    who = f"the model {model} at {address}"
    if code is StatusCode.UNAVAILABLE and "queue" not in details:
        return _unreachable(address, details)
    if code is StatusCode.RESOURCE_EXHAUSTED and _TOO_LARGE in details:
        return InvalidPhotograph(
            f"More bytes than the server at {address} takes at once: send fewer photographs in one "
            f"request, or smaller files. ({details})"
        )
    if code in (StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED):
        return ServerBusy(
            f"The server at {address} turns requests away: keep fewer in flight, or try again "
            f"later. ({details})"
        )
    if code is StatusCode.DEADLINE_EXCEEDED:
        return RequestTimedOut(
            f"No answer from {address} within {timeout_s:g} s: raise the timeout, or keep fewer "
            "requests in flight."
        )
    if code is StatusCode.NOT_FOUND or details.startswith(_NO_SUCH_LABEL):
        return ModelNotFound(
            f"The server at {address} does not serve a model {model}: check the name, and that a "
            f"version was pushed. ({details})"
        )
    if code is StatusCode.UNIMPLEMENTED:
        return ServerUnavailable(
            f"What answers at {address} is no TensorFlow Serving: check host, port and whether the "
            f"port is for gRPC or REST. ({details})"
        )
    if code in (StatusCode.UNAUTHENTICATED, StatusCode.PERMISSION_DENIED):
        return ServiceError(
            f"{address} does not let this client in: ask who runs it. ({code.name}: {details})"
        )
    unfit = code is StatusCode.INVALID_ARGUMENT and _UNFIT.match(details)
    if unfit or code is StatusCode.FAILED_PRECONDITION:
        return ModelUnsuitable(
            f"No masks from {who}: push a model exported by this project. ({details})"
        )
    if code is StatusCode.INVALID_ARGUMENT:
        return InvalidPhotograph(f"The model cannot read this photograph. ({details})")
    return MaskServiceError(f"{code.name} from {who}: see the server's log. ({details})")


def _unreachable(address: ServerAddress, details: str) -> ServiceError:
    if _TLS.search(details):
        return TlsFailed(
            f"No TLS connection to {address}: check the CA file, the name in the server's "
            f"certificate, and the client's own certificate. ({details})"
        )
    if _BROKEN.search(details):
        return ServerUnavailable(
            f"The server at {address} closed the connection: check that it is still running, that "
            "the port is for what the client speaks (gRPC or REST), and whether it wants TLS or a "
            f"certificate of the client. ({details})"
        )
    # Why nobody was there adds nothing; any other reason may.
    reason = "" if _REFUSED.search(details) else f" ({details})"
    return ServerUnavailable(
        f"No model server answers at {address}: start one with `studio-mask serve`, or name "
        f"another with --server.{reason}"
    )
