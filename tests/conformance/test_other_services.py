"""GetModelMetadata, GetModelStatus, health, and what is not served."""

import grpc
import pytest
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    regression_pb2,
)

from tests.conformance.models import HALF_PLUS_TWO_VERSION

SERVING = b"\x08\x01"  # grpc.health.v1.HealthCheckResponse, status: SERVING


def _metadata_request(fields, name="half_plus_two", version=None):
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=fields)
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    return request


def _status_request(name, version=None, label=None):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = name
    if version is not None:
        request.model_spec.version.value = version
    if label is not None:
        request.model_spec.version_label = label
    return request


def test_metadata_is_the_map_of_signatures(prediction_service):
    reply = prediction_service.GetModelMetadata(_metadata_request(["signature_def"]), timeout=30)
    assert reply.model_spec.name == "half_plus_two"
    assert reply.model_spec.version.value == HALF_PLUS_TWO_VERSION
    assert reply.model_spec.signature_name == ""
    assert list(reply.metadata) == ["signature_def"]
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert reply.metadata["signature_def"].Unpack(signatures)
    signature = signatures.signature_def["serving_default"]
    assert signature.method_name == "tensorflow/serving/predict"
    assert signature.inputs["x"].name == "serving_default_x:0"
    assert signature.inputs["x"].dtype == types_pb2.DT_FLOAT
    assert [dim.size for dim in signature.inputs["x"].tensor_shape.dim] == [-1, 1]
    assert list(signature.outputs) == ["y"]


@pytest.mark.parametrize(
    ("request_message", "code", "text"),
    [
        pytest.param(
            _metadata_request([]),
            "INVALID_ARGUMENT",
            "GetModelMetadataRequest must specify at least one metadata_field",
            id="no field",
        ),
        pytest.param(
            _metadata_request(["foo"]),
            "INVALID_ARGUMENT",
            "Metadata field foo is not supported",
            id="unknown field",
        ),
        pytest.param(
            _metadata_request(["signature_def"], "nope"),
            "NOT_FOUND",
            "Servable not found for request: Latest(nope)",
            id="unknown model",
        ),
        pytest.param(
            _metadata_request(["signature_def"], version=9),
            "NOT_FOUND",
            "Servable not found for request: Specific(half_plus_two, 9)",
            id="unknown version",
        ),
        pytest.param(
            get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"]),
            "INVALID_ARGUMENT",
            "Missing ModelSpec",
            id="no model_spec",
        ),
    ],
)
def test_metadata_refusals(prediction_service, refusal, request_message, code, text):
    got = refusal(prediction_service.GetModelMetadata, request_message, timeout=30)
    assert got == (code, text)


def test_status_of_a_model(model_service):
    rows = model_service.GetModelStatus(_status_request("half_plus_two"), timeout=30)
    (row,) = rows.model_version_status
    assert row.version == HALF_PLUS_TWO_VERSION
    assert row.state == get_model_status_pb2.ModelVersionStatus.AVAILABLE
    assert row.HasField("status")
    assert (row.status.error_code, row.status.error_message) == (0, "")


def test_statuses_are_in_the_order_newest_first(states):
    assert list(states("all_versions")) == [3, 2, 1]


def test_status_of_one_version(model_service):
    rows = model_service.GetModelStatus(_status_request("all_versions", 2), timeout=30)
    assert [row.version for row in rows.model_version_status] == [2]


@pytest.mark.parametrize("label", ["stable", "nosuch"])
def test_status_ignores_a_label(model_service, label):
    rows = model_service.GetModelStatus(_status_request("labelled", label=label), timeout=30)
    assert [row.version for row in rows.model_version_status] == [2, 1]


@pytest.mark.parametrize(
    ("request_message", "text"),
    [
        pytest.param(
            _status_request("nope"), "Could not find any versions of model nope", id="unknown model"
        ),
        pytest.param(
            _status_request("half_plus_two", 9),
            "Could not find version 9 of model half_plus_two",
            id="unknown version",
        ),
    ],
)
def test_status_refusals(model_service, refusal, request_message, text):
    got = refusal(model_service.GetModelStatus, request_message, timeout=30)
    assert got == ("NOT_FOUND", text)


@pytest.mark.parametrize("service", ["", "PredictionService", "ModelService"])
def test_health(channel, service):
    # The message by hand: field 1, a string. The stubs of grpc.health are one more package.
    request = b"\n" + bytes([len(service)]) + service.encode() if service else b""
    check = channel.unary_unary("/grpc.health.v1.Health/Check")
    assert check(request, timeout=30) == SERVING


def test_the_session_service_is_not_registered(channel, refusal):
    run = channel.unary_unary("/tensorflow.serving.SessionService/SessionRun")
    assert refusal(run, b"", timeout=30)[0] == "UNIMPLEMENTED"


@pytest.mark.parametrize(
    ("method", "request_message"),
    [
        ("Classify", classification_pb2.ClassificationRequest()),
        ("Regress", regression_pb2.RegressionRequest()),
        ("MultiInference", inference_pb2.MultiInferenceRequest()),
    ],
)
def test_what_the_embedded_server_leaves_out(
    is_our_own, prediction_service, refusal, method, request_message
):
    if not is_our_own:
        pytest.skip("TensorFlow Serving answers it; only the embedded server does not")
    code, _ = refusal(getattr(prediction_service, method), request_message, timeout=30)
    assert code == grpc.StatusCode.UNIMPLEMENTED.name
