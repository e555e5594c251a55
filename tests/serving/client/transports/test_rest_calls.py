"""Paths, JSON and codes of the REST interface."""

import json

import pytest

from serving.client.model_choice import MASKS, ModelChoice
from serving.client.transports import rest_calls
from serving.errors import ServingError, StatusCode


@pytest.mark.parametrize(
    ("model", "predict", "status"),
    [
        (ModelChoice("mask"), "/v1/models/mask:predict", "/v1/models/mask"),
        (
            ModelChoice("mask", 12),
            "/v1/models/mask/versions/12:predict",
            "/v1/models/mask/versions/12",
        ),
        (
            ModelChoice("mask", label="a b"),
            "/v1/models/mask/labels/a%20b:predict",
            "/v1/models/mask",
        ),
        (ModelChoice("a/b:c"), "/v1/models/a%2Fb%3Ac:predict", "/v1/models/a%2Fb%3Ac"),
    ],
)
def test_paths(model, predict, status):
    assert rest_calls.predict_path(model) == predict
    assert rest_calls.status_path(model) == status


def test_a_request_is_a_column_of_base64():
    assert json.loads(rest_calls.predict_body([b"\x00\xff", b"a"], MASKS)) == {
        "signature_name": "serving_default",
        "inputs": {"image_bytes": [{"b64": "AP8="}, {"b64": "YQ=="}]},
    }


@pytest.mark.parametrize(
    ("body", "values"),
    [
        (b'{"outputs": [{"b64": "AP8="}, {"b64": ""}]}', [b"\x00\xff", b""]),
        (b'{"outputs": {"area": [1.0], "mask_png_bytes": [{"b64": "YQ=="}]}}', [b"a"]),
        ('{"outputs": ["1 é"]}'.encode(), ["1 é".encode()]),
        (b'{"outputs": {"area": [1.0]}}', []),
        (b'{"outputs": [0.5]}', []),
        (b'{"outputs": [[0.5]]}', []),
        (b'{"outputs": [{"b64": "A"}]}', []),
        (b'{"outputs": [{"b64": 3}]}', []),
        (b'{"outputs": [{}]}', []),
        (b'{"outputs": 3}', []),
        (b'{"predictions": [1]}', []),
    ],
)
def test_the_values_of_a_reply(body, values):
    assert rest_calls.predict_values(200, body, MASKS) == values


@pytest.mark.parametrize(
    ("http_status", "body", "code", "text"),
    [
        (400, b'{"error": "no"}', StatusCode.INVALID_ARGUMENT, "no"),
        (
            400,
            rb'{"error": "Serving signature name: \"rle\" not found in signature def"}',
            StatusCode.FAILED_PRECONDITION,
            'Serving signature name: "rle" not found in signature def',
        ),
        (
            400,
            b'{"error": "Malformed request: POST /x"}',
            StatusCode.UNIMPLEMENTED,
            "Malformed request: POST /x",
        ),
        (400, b"<html>", StatusCode.UNIMPLEMENTED, "HTTP 400 without an error text"),
        (401, b"", StatusCode.UNAUTHENTICATED, "HTTP 401 without an error text"),
        (404, b'{"error": "no"}', StatusCode.NOT_FOUND, "no"),
        (404, b"<html>", StatusCode.UNIMPLEMENTED, "HTTP 404 without an error text"),
        (200, b"<html>", StatusCode.UNIMPLEMENTED, "HTTP 200 without an error text"),
        (200, b"[1]", StatusCode.UNIMPLEMENTED, "HTTP 200 without an error text"),
        (200, b"\xff", StatusCode.UNIMPLEMENTED, "HTTP 200 without an error text"),
        (301, b"", StatusCode.UNIMPLEMENTED, "HTTP 301 without an error text"),
        (
            413,
            b"",
            StatusCode.RESOURCE_EXHAUSTED,
            "Received message larger than max: HTTP 413 without an error text",
        ),
        (429, b'{"error": "no"}', StatusCode.RESOURCE_EXHAUSTED, "no"),
        (500, b'{"error": "no"}', StatusCode.INTERNAL, "no"),
        (501, b'{"error": "no"}', StatusCode.UNIMPLEMENTED, "no"),
        (502, b"<html>", StatusCode.UNAVAILABLE, "HTTP 502 without an error text"),
        (503, b"<html>", StatusCode.UNAVAILABLE, "HTTP 503 without an error text"),
        (504, b'{"error": "no"}', StatusCode.DEADLINE_EXCEEDED, "no"),
        (418, b'{"error": "no"}', StatusCode.UNKNOWN, "no"),
    ],
)
def test_what_a_bad_reply_stands_for(http_status, body, code, text):
    for read in (lambda *given: rest_calls.predict_values(*given, MASKS), _statuses):
        with pytest.raises(ServingError) as caught:
            read(http_status, body)
        assert (caught.value.code, caught.value.message) == (code, text)


def _statuses(http_status, body):
    return rest_calls.version_statuses(http_status, body)


@pytest.mark.parametrize(
    "row",
    [
        b'{"version": "x", "state": "AVAILABLE"}',
        b'{"version": "1", "state": "SLEEPING"}',
        b'{"version": "1", "state": "END", "status": {"error_code": "ODD"}}',
        b'{"state": "END"}',
        b"3",
    ],
)
def test_a_status_that_does_not_exist(row):
    with pytest.raises(ServingError, match="INTERNAL: unknown status of a version"):
        _statuses(200, b'{"model_version_status": [%s]}' % row)


def test_no_versions_at_all():
    assert _statuses(200, b"{}") == []
