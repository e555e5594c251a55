"""PredictionService.Predict: what it refuses, with which status and which words."""

import numpy as np
import pytest

X = {"x": np.float32([[1]])}
Z = {"z": np.float32([[1]])}


def _sizes(sent, expected, extra, missing):
    count = [len(names.split(",")) if names else 0 for names in (sent, expected)]
    return (
        f"input size does not match signature: {count[0]}!={count[1]} "
        f"len({{{sent}}}) != len({{{expected}}}). "
        f"Sent extra: {{{extra}}}. Missing but required: {{{missing}}}."
    )


REFUSALS = [
    pytest.param(
        {"model": ""}, "INVALID_ARGUMENT", "ModelSpec has no name specified.", id="empty name"
    ),
    pytest.param(
        {"model": "nope"},
        "NOT_FOUND",
        "Servable not found for request: Latest(nope)",
        id="unknown model",
    ),
    pytest.param(
        {"version": 9},
        "NOT_FOUND",
        "Servable not found for request: Specific(half_plus_two, 9)",
        id="unknown version",
    ),
    pytest.param(
        {"model": "nope", "version": 9},
        "NOT_FOUND",
        "Servable not found for request: Specific(nope, 9)",
        id="unknown model and version",
    ),
    pytest.param(
        {"label": "canary"},
        "INVALID_ARGUMENT",
        "Unrecognized servable version label: canary",
        id="unknown label",
    ),
    pytest.param(
        {"signature": "nosuch"},
        "FAILED_PRECONDITION",
        'Serving signature key "nosuch" not found.',
        id="unknown signature",
    ),
    pytest.param({"inputs": {}}, "INVALID_ARGUMENT", _sizes("", "x", "", "x"), id="no inputs"),
    pytest.param(
        {"inputs": X | Z}, "INVALID_ARGUMENT", _sizes("x,z", "x", "z", ""), id="extra input"
    ),
    pytest.param(
        {"model": "probe", "signature": "three", "inputs": {"a": np.float32([1])}},
        "INVALID_ARGUMENT",
        _sizes("a", "a,b,s", "", "b,s"),
        id="some inputs missing",
    ),
    pytest.param(
        {"inputs": Z},
        "INVALID_ARGUMENT",
        "Signature input alias: x(feed name: serving_default_x:0) not found in request and no "
        "default value provided. Inputs expected to be in the request {z}, or default input alias "
        "set: ",
        id="wrong key, right count",
    ),
    pytest.param(
        {"outputs": ("q",)},
        "INVALID_ARGUMENT",
        "output tensor alias not found in signature: q Outputs expected to be in the set {y}.",
        id="unknown output",
    ),
    pytest.param(
        {"outputs": ("y", "y")},
        "INVALID_ARGUMENT",
        "duplicate output tensor alias: y",
        id="output named twice",
    ),
]


@pytest.mark.parametrize(("request_fields", "code", "text"), REFUSALS)
def test_refusals(predict, refusal, request_fields, code, text):
    got = refusal(predict, **request_fields)
    assert (got[0], got[1].strip()) == (code, text.strip())


def test_no_model_spec(prediction_service, predict_request, refusal):
    request = predict_request()
    request.ClearField("model_spec")
    assert refusal(prediction_service.Predict, request) == ("INVALID_ARGUMENT", "Missing ModelSpec")


def test_a_wrong_dtype(predict, refusal):
    code, text = refusal(predict, inputs={"x": np.int64([[1]])})
    assert code == "INVALID_ARGUMENT"
    # The runtime's own words, which its versions change.
    assert "int64" in text
    assert "float" in text


def test_a_shape_that_an_operation_objects_to(predict, refusal):
    code, text = refusal(predict, "probe", {"x": np.float32([[1, 2]])}, signature="matmul")
    assert code == "INVALID_ARGUMENT"
    assert "Matrix size-incompatible" in text
    assert "[1,2]" in text
    assert "[3,2]" in text


def test_a_tensor_that_cannot_be_read(prediction_service, predict_request, refusal):
    request = predict_request()
    request.inputs["x"].tensor_shape.dim[0].size = 3
    request.inputs["x"].ClearField("float_val")
    request.inputs["x"].tensor_content = b"\0"
    got = refusal(prediction_service.Predict, request)
    assert got == ("INVALID_ARGUMENT", "tensor parsing error: x")


def test_a_long_text_is_cut(predict, refusal):
    code, text = refusal(predict, signature="s" * 2000)
    assert code == "FAILED_PRECONDITION"
    assert text == f'Serving signature key "{"s" * 2000}'[:1024] + "...TRUNCATED"


def test_a_refused_request_does_not_harm_the_next(predict, refusal):
    for _ in range(20):
        refusal(predict, "probe", {"x": np.float32([[1, 2]])}, signature="matmul")
    reply = predict("probe", {"x": np.float32([[1, 2, 3]])}, signature="matmul")
    assert list(reply.outputs["y"].float_val) == [4.0, 5.0]
