"""The same cause is the same error, with a text that says what to do, whatever carried it."""

import grpc
import pytest

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
from serving.client.transports.explanation import explain
from serving.errors import ServingError, StatusCode
from tests.serving.client.fake_servers import PNG_START, Refusal

_CODE = grpc.StatusCode
_QUEUE = (
    "The batch scheduling queue to which this task was submitted is full; currently 2 batches "
    "enqueued and max_enqueued_batches is 2"
)
_UNFIT = "No masks from the model 'mask' at {at}: push a model exported by this project. ({why})"
_CAUSES = {
    "photograph": (
        Refusal(_CODE.INVALID_ARGUMENT, "Photograph 0\n is cut off", 400),
        InvalidPhotograph,
        "The model cannot read this photograph. (Photograph 0 is cut off)",
    ),
    "no model": (
        Refusal(_CODE.NOT_FOUND, "Servable not found for request: Latest(mask)", 404),
        ModelNotFound,
        "The server at {at} does not serve a model 'mask': check the name, and that a version was "
        "pushed. (Servable not found for request: Latest(mask))",
    ),
    "no label": (
        Refusal(_CODE.INVALID_ARGUMENT, "Unrecognized servable version label: canary", 400),
        ModelNotFound,
        "The server at {at} does not serve a model 'mask': check the name, and that a version was "
        "pushed. (Unrecognized servable version label: canary)",
    ),
    "variables": (
        Refusal(_CODE.FAILED_PRECONDITION, "Could not find variable conv2d/kernel", 400),
        ModelUnsuitable,
        _UNFIT.replace("{why}", "Could not find variable conv2d/kernel"),
    ),
    "queue": (
        Refusal(_CODE.UNAVAILABLE, _QUEUE, 503),
        ServerBusy,
        "The server at {at} turns requests away: keep fewer in flight, or try again later. "
        f"({_QUEUE})",
    ),
    "exhausted": (
        Refusal(_CODE.RESOURCE_EXHAUSTED, "OOM when allocating tensor", 429),
        ServerBusy,
        "The server at {at} turns requests away: keep fewer in flight, or try again later. "
        "(OOM when allocating tensor)",
    ),
    "gone": (
        Refusal(_CODE.UNAVAILABLE, "Server is shutting down", 503),
        ServerUnavailable,
        "No model server answers at {at}: start one with `studio-mask serve`, or name another with "
        "--server. (Server is shutting down)",
    ),
    "late": (
        Refusal(_CODE.DEADLINE_EXCEEDED, "Timed out waiting for notification", 504),
        RequestTimedOut,
        "No answer from {at} within 20 s: raise the timeout, or keep fewer requests in flight.",
    ),
    "not allowed": (
        Refusal(_CODE.PERMISSION_DENIED, "not you", 403),
        ServiceError,
        "{at} does not let this client in: ask who runs it. (PERMISSION_DENIED: not you)",
    ),
    "not known": (
        Refusal(_CODE.UNAUTHENTICATED, "who are you", 401),
        ServiceError,
        "{at} does not let this client in: ask who runs it. (UNAUTHENTICATED: who are you)",
    ),
    "own fault": (
        Refusal(_CODE.INTERNAL, "cuDNN failed", 500),
        MaskServiceError,
        "INTERNAL from the model 'mask' at {at}: see the server's log. (cuDNN failed)",
    ),
}
# What the two interfaces say in different words.
_WORDS = {
    "signature": (
        Refusal(
            _CODE.FAILED_PRECONDITION,
            'Serving signature key "serving_default" not found.',
            400,
            rb'{"error": "Serving signature name: \"serving_default\" not found in signature def"}',
        ),
        ModelUnsuitable,
        "No masks from the model 'mask' at {at}: push a model exported by this project. (",
    ),
    "input": (
        Refusal(
            _CODE.INVALID_ARGUMENT,
            "Signature input alias: x(feed name: x:0) not found in request and no default value "
            "provided. Inputs expected to be in the request {image_bytes}, or default input alias "
            "set: ",
            400,
            b'{"error": "Missing named input: x in \'inputs\' object."}',
        ),
        ModelUnsuitable,
        "No masks from the model 'mask' at {at}: push a model exported by this project. (",
    ),
    "data type": (
        Refusal(
            _CODE.INVALID_ARGUMENT,
            "Expects arg[0] to be float but string is provided",
            400,
            b'{"error": "JSON Value: {\\n    \\"b64\\": \\"aaaa\\"\\n} Type: Object is not of '
            b'expected type: float"}',
        ),
        ModelUnsuitable,
        "No masks from the model 'mask' at {at}: push a model exported by this project. (",
    ),
    "too large": (
        Refusal(
            _CODE.RESOURCE_EXHAUSTED,
            "Received message larger than max (9 vs. 4)",
            413,
            b"<html>Request Entity Too Large</html>",
        ),
        InvalidPhotograph,
        "More bytes than the server at {at} takes at once: send fewer photographs in one request, "
        "or smaller files. (Received message larger than max",
    ),
    "another service": (
        Refusal(_CODE.UNIMPLEMENTED, "Method not found!", 404, b"<html>not here</html>"),
        ServerUnavailable,
        "What answers at {at} is no TensorFlow Serving: check host, port and whether the port is "
        "for gRPC or REST. (",
    ),
}


@pytest.mark.parametrize("cause", _CAUSES)
def test_a_cause_is_one_error_with_one_text(cause, answering, ask):
    refusal, kind, text = _CAUSES[cause]
    target = answering(refusal)
    with pytest.raises(MaskServiceError) as caught:
        ask(target, "mask", PNG_START, timeout_s=20, retries=0)
    assert type(caught.value) is kind
    assert str(caught.value) == text.replace("{at}", target)


@pytest.mark.parametrize("cause", _WORDS)
def test_different_words_for_one_cause(cause, answering, ask):
    refusal, kind, start = _WORDS[cause]
    target = answering(refusal)
    with pytest.raises(MaskServiceError) as caught:
        ask(target, "mask", PNG_START, timeout_s=20, retries=0)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(start.replace("{at}", target))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "label", "text"), [(3, None, "'mask', version 3"), (None, "new", "label 'new'")]
)
def test_a_version_that_was_asked_for_is_named(version, label, text):
    error = explain(
        ServingError(StatusCode.NOT_FOUND, "Servable not found for request: Specific(mask, 3)"),
        ServerAddress("grpc", "host:1"),
        ModelChoice("mask", version, label),
        5.0,
    )
    assert isinstance(error, ModelNotFound)
    assert text in str(error)


@pytest.mark.parametrize(
    "details",
    [
        # gRPC 1.65 and httpx 0.28, as they were seen.
        "failed to connect to all addresses; last error: UNAVAILABLE: ipv4:127.0.0.1:4: "
        "Socket closed",
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:4: Trying to "
        "connect an http1.x server (HTTP status 500)",
        "ReadError: ",
        "RemoteProtocolError: Server disconnected without sending a response.",
    ],
)
def test_a_server_that_hangs_up_is_told_from_one_that_is_not_there(details):
    error = explain(
        ServingError(StatusCode.UNAVAILABLE, details),
        ServerAddress("grpc", "host:1"),
        ModelChoice("mask"),
        5.0,
    )
    assert isinstance(error, ServerUnavailable)
    assert str(error).startswith("The server at host:1 closed the connection: check that it is")


@pytest.mark.parametrize(
    "details",
    [
        # gRPC 1.65 and httpx 0.28, as they were seen.
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:4: Ssl handshake "
        "failed: SSL_ERROR_SSL: error:1000007d:SSL routines:OPENSSL_internal:"
        "CERTIFICATE_VERIFY_FAILED",
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:4: "
        "Peer name studio is not in peer certificate",
        # gRPC 1.85.
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:4: Custom "
        "verification check failed with error: UNAUTHENTICATED: Hostname Verification Check "
        "failed.",
        "ConnectError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get "
        "local issuer certificate (_ssl.c:1007)",
    ],
)
def test_tls_is_told_from_a_server_that_is_not_there(details):
    error = explain(
        ServingError(StatusCode.UNAVAILABLE, details),
        ServerAddress("grpc", "host:1"),
        ModelChoice("mask"),
        5.0,
    )
    assert isinstance(error, TlsFailed)
    assert str(error).startswith("No TLS connection to host:1: check the CA file")
