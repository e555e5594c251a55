"""The REST interface's predictions: what it refuses, with which status and which words."""

import json

import pytest

PREDICT = "/v1/models/half_plus_two:predict"
PROBE = "/v1/models/probe:predict"
FIRST = "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: "


def _refused(rest, path, body):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = rest.post(path, content=content)
    assert reply.headers["content-type"] == "application/json"
    return reply.status_code, reply.json()["error"]


def _type_error(value, kind, dtype):
    return f"{FIRST}JSON Value: {value} Type: {kind} is not of expected type: {dtype}"


@pytest.mark.parametrize(
    ("path", "body", "http_status", "text"),
    [
        pytest.param(PREDICT, b"", 400, "JSON Parse error: The document is empty", id="empty body"),
        pytest.param(
            PREDICT, b"xyz", 400, "JSON Parse error: Invalid value. at offset: 0", id="no JSON"
        ),
        pytest.param(
            PREDICT,
            {"x": [[1.0]]},
            400,
            "Missing 'inputs' or 'instances' key",
            id="neither instances nor inputs",
        ),
        pytest.param(
            PREDICT, {"instances": ["a"]}, 400, _type_error('"a"', "String", "float"), id="text"
        ),
        pytest.param(
            PREDICT, {"instances": [True]}, 400, _type_error("true", "True", "float"), id="true"
        ),
        pytest.param(
            PREDICT, {"instances": [None]}, 400, _type_error("null", "Null", "float"), id="null"
        ),
        pytest.param(
            PROBE,
            {"signature_name": "int64", "instances": [1.0]},
            400,
            _type_error("1.0", "Number", "int64"),
            id="1.0 for an integer",
        ),
        pytest.param(
            PROBE,
            {"signature_name": "int64", "instances": [1.5]},
            400,
            _type_error("1.5", "Number", "int64"),
            id="1.5 for an integer",
        ),
        pytest.param(
            PREDICT,
            {"instances": [{"zz": 1.0}]},
            400,
            "Failed to process element: 0 key: zz of 'instances' list. Error: INVALID_ARGUMENT: "
            "JSON object: does not have named input: zz",
            id="unknown input in a row",
        ),
        pytest.param(
            PREDICT,
            {"instances": [[1.0], [1.0, 2.0]]},
            400,
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: "
            "Expecting tensor size: 1 but got: 2",
            id="rows of different sizes",
        ),
        pytest.param(
            PREDICT,
            {"inputs": {"zz": [[1.0]]}},
            400,
            "Missing named input: x in 'inputs' object.",
            id="unknown input in a column",
        ),
        pytest.param(
            PREDICT,
            {"signature_name": "nosuch", "instances": [[1.0]]},
            400,
            'Serving signature name: "nosuch" not found in signature def',
            id="unknown signature",
        ),
        pytest.param(
            PREDICT,
            {"signature_name": "s" * 2000, "instances": [[1.0]]},
            400,
            f'Serving signature name: "{"s" * 2000}" not found in signature def',
            id="a long text is not cut",
        ),
        pytest.param(
            PROBE,
            {"signature_name": "half", "instances": [1.0]},
            400,
            "Failed to write JSON value for tensor type: half",
            id="float16 output",
        ),
        pytest.param(
            PROBE,
            {"signature_name": "scalar", "instances": [1.0]},
            400,
            "Tensor name: total has no shape information ",
            id="scalar output in a row",
        ),
        pytest.param(
            "/v1/models/nope:predict",
            {"instances": [[1.0]]},
            404,
            "Servable not found for request: Latest(nope)",
            id="unknown model",
        ),
        pytest.param(
            "/v1/models/half_plus_two/versions/9:predict",
            {"instances": [[1.0]]},
            404,
            "Servable not found for request: Specific(half_plus_two, 9)",
            id="unknown version",
        ),
        pytest.param(
            "/v1/models/half_plus_two/labels/canary:predict",
            {"instances": [[1.0]]},
            400,
            "Unrecognized servable version label: canary",
            id="unknown label",
        ),
    ],
)
def test_refusals(rest, path, body, http_status, text):
    assert _refused(rest, path, body) == (http_status, text)


def test_a_body_that_is_no_object(rest):
    http_status, text = _refused(rest, PREDICT, [1])
    assert http_status == 400
    # The value is quoted as JSON, over one line or several.
    assert "".join(text.split()) == "JSONValue:[1]Isnotobject"


def test_an_input_missing_in_a_row(rest):
    http_status, text = _refused(
        rest, PROBE, {"signature_name": "three", "instances": [{"a": 1.0, "b": 2.0}]}
    )
    assert http_status == 400
    assert text.startswith("Failed to process element: 0 of 'instances' list. JSON object: ")
    assert text.endswith(" keys must be equal to: a,b,s")


@pytest.mark.parametrize(
    ("signature", "body", "part"),
    [
        pytest.param(
            "three", {"instances": [1.0]}, "plain list", id="a plain list for several inputs"
        ),
        pytest.param(
            "blob",
            {"instances": [{"b64": "%%%"}]},
            "Unable to base64 decode",
            id="what is no base64",
        ),
        pytest.param(
            "uneven", {"instances": [1.0, 2.0]}, "has inconsistent batch size", id="uneven outputs"
        ),
        pytest.param("echo", {"instances": [{"b64": "AA=="}]}, "float", id="b64 for a float"),
        pytest.param(
            "blob",
            {"instances": [{"file": {"b64": "AA==", "more": 1}}]},
            "base64",
            id="b64 beside another key",
        ),
        pytest.param(
            "matmul", {"instances": [[1.0, 2.0]]}, "Matrix size-incompatible", id="runtime's error"
        ),
    ],
)
def test_refusals_in_part(rest, signature, body, part):
    http_status, text = _refused(rest, PROBE, {"signature_name": signature} | body)
    assert http_status == 400
    assert part in text


def test_comments(rest):
    http_status, text = _refused(rest, PREDICT, b'/* one */ {"instances": [[1.0]]}')
    assert http_status == 400
    assert text.startswith("JSON Parse error: ")


def test_a_refused_request_does_not_harm_the_next(rest):
    for _ in range(20):
        _refused(rest, PREDICT, b"xyz")
    assert rest.post(PREDICT, json={"instances": [[1.0]]}).json() == {"predictions": [[2.5]]}
