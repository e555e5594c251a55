"""Predictions and metadata on the wire, as seen of TensorFlow Serving 2.20."""

import contextlib

import grpc
import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    inference_pb2,
    predict_pb2,
    regression_pb2,
)

from serving.server.embedded_server import EmbeddedServer
from serving.server.services.rpc_services import PREDICTION_SERVICE

REQUESTS = {
    "Predict": predict_pb2.PredictRequest,
    "GetModelMetadata": get_model_metadata_pb2.GetModelMetadataRequest,
    "Classify": classification_pb2.ClassificationRequest,
    "Regress": regression_pb2.RegressionRequest,
    "MultiInference": inference_pb2.MultiInferenceRequest,
}

X = "inputs { key: 'x' value { dtype: DT_FLOAT tensor_shape { dim { size: 1 } } float_val: 2 } }"
Z = X.replace("'x'", "'z'")
SPEC = "model_spec { name: 'default' }"


@pytest.fixture(scope="module")
def server(affine_models, tmp_path_factory):
    """Version 123 of "default", as in the observations."""
    base_path = tmp_path_factory.mktemp("served") / "default"
    base_path.mkdir()
    (base_path / "00000123").symlink_to(affine_models[2], target_is_directory=True)
    with EmbeddedServer(base_path, "default") as server:
        yield server


@pytest.fixture(scope="module")
def call(server):
    """Calls a method with a request written as text."""
    with grpc.insecure_channel(server.target) as channel:
        stub = PREDICTION_SERVICE.stub(channel)

        def send(method, text=""):
            return getattr(stub, method)(text_format.Parse(text, REQUESTS[method]()), timeout=10)

        yield send


@pytest.mark.parametrize(
    ("method", "text", "code", "details"),
    [
        ("Predict", "", "INVALID_ARGUMENT", "Missing ModelSpec"),
        ("Predict", "model_spec {}", "INVALID_ARGUMENT", "ModelSpec has no name specified."),
        (
            "Predict",
            "model_spec { name: 'nope' }",
            "NOT_FOUND",
            "Servable not found for request: Latest(nope)",
        ),
        (
            "Predict",
            "model_spec { name: 'default' version { value: 9 } }",
            "NOT_FOUND",
            "Servable not found for request: Specific(default, 9)",
        ),
        (
            "Predict",
            "model_spec { name: 'default' version_label: 'canary' }",
            "INVALID_ARGUMENT",
            "Unrecognized servable version label: canary",
        ),
        (
            "Predict",
            "model_spec { name: 'default' signature_name: 'nosuch' }" + X,
            "FAILED_PRECONDITION",
            'Serving signature key "nosuch" not found.',
        ),
        (
            "Predict",
            SPEC,
            "INVALID_ARGUMENT",
            "input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. "
            "Missing but required: {x}.",
        ),
        (
            "Predict",
            SPEC + X + Z,
            "INVALID_ARGUMENT",
            "input size does not match signature: 2!=1 len({x,z}) != len({x}). Sent extra: {z}. "
            "Missing but required: {}.",
        ),
        (
            "Predict",
            SPEC + Z,
            "INVALID_ARGUMENT",
            "Signature input alias: x(feed name: serving_default_x:0) not found in request and no "
            "default value provided. Inputs expected to be in the request {z}, or default input "
            "alias set: ",
        ),
        (
            "Predict",
            SPEC + X.replace("DT_FLOAT", "DT_INT64").replace("float_val", "int64_val"),
            "INVALID_ARGUMENT",
            "Expects arg[0] to be float but int64 is provided",
        ),
        (
            "Predict",
            SPEC + X.replace("float_val: 2", "tensor_content: 'abc'"),
            "INVALID_ARGUMENT",
            "tensor parsing error: x",
        ),
        (
            "Predict",
            SPEC + X + "output_filter: 'q'",
            "INVALID_ARGUMENT",
            "output tensor alias not found in signature: q Outputs expected to be in the set {y}.",
        ),
        (
            "Predict",
            SPEC + X + "output_filter: ['y', 'y']",
            "INVALID_ARGUMENT",
            "duplicate output tensor alias: y",
        ),
        ("GetModelMetadata", "metadata_field: 'x'", "INVALID_ARGUMENT", "Missing ModelSpec"),
        (
            "GetModelMetadata",
            SPEC,
            "INVALID_ARGUMENT",
            "GetModelMetadataRequest must specify at least one metadata_field",
        ),
        (
            "GetModelMetadata",
            SPEC + "metadata_field: 'foo'",
            "INVALID_ARGUMENT",
            "Metadata field foo is not supported",
        ),
        (
            "GetModelMetadata",
            "model_spec { name: 'nope' } metadata_field: 'signature_def'",
            "NOT_FOUND",
            "Servable not found for request: Latest(nope)",
        ),
    ],
)
def test_a_refusal_has_the_status_and_the_words_of_tensorflow_serving(
    call, method, text, code, details
):
    with pytest.raises(grpc.RpcError) as caught:
        call(method, text)
    assert (caught.value.code().name, caught.value.details()) == (code, details)


@pytest.mark.parametrize("method", ["Classify", "Regress", "MultiInference"])
def test_what_is_not_served_is_unimplemented(call, method):
    with pytest.raises(grpc.RpcError) as caught:
        call(method)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert method in caught.value.details()


@pytest.mark.parametrize("version", ["", "version { value: 123 }"])
def test_an_answer_names_its_version_and_signature_and_uses_the_typed_fields(call, version):
    response = call("Predict", f"model_spec {{ name: 'default' {version} }}" + X)
    expected = """
        model_spec { name: "default" version { value: 123 } signature_name: "serving_default" }
        outputs {
            key: "y"
            value { dtype: DT_FLOAT tensor_shape { dim { size: 1 } } float_val: 3 }
        }
    """
    assert response == text_format.Parse(expected, predict_pb2.PredictResponse())


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_a_shape_is_not_held_against_the_signature(call, shape):
    tensor = tf.make_tensor_proto(np.full(shape, 4, np.float32))
    request = predict_pb2.PredictRequest(inputs={"x": tensor})
    request.model_spec.name = "default"
    response = call("Predict", text_format.MessageToString(request))
    np.testing.assert_array_equal(tf.make_ndarray(response.outputs["y"]), np.full(shape, 4))


def test_an_output_filter_selects(call):
    matrix = X.replace("dim { size: 1 }", "dim { size: 1 } dim { size: 1 }")
    inputs = matrix.replace("'x'", "'a'") + matrix.replace("'x'", "'b'")
    spec = "model_spec { name: 'default' signature_name: 'pair' }"
    response = call("Predict", spec + inputs + "output_filter: ['total', 'sum']")
    assert set(response.outputs) == {"sum", "total"}
    assert response.model_spec.signature_name == "pair"


def test_a_long_error_is_cut(call):
    text = "lost " * 500
    with pytest.raises(grpc.RpcError) as caught:
        call(
            "Predict",
            "model_spec { name: 'default' signature_name: 'fail' } inputs { key: 'text' value { "
            f"dtype: DT_STRING tensor_shape {{ dim {{ size: 1 }} }} string_val: '{text}' }} }}",
        )
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details().endswith("...TRUNCATED")
    assert len(caught.value.details()) == 1024 + len("...TRUNCATED")


def test_metadata_holds_the_signatures_and_no_signature_name(call):
    response = call("GetModelMetadata", SPEC + "metadata_field: 'signature_def'")
    signatures = get_model_metadata_pb2.SignatureDefMap()
    assert response.metadata["signature_def"].Unpack(signatures)
    assert signatures.signature_def["serving_default"].inputs["x"].name == "serving_default_x:0"
    assert str(response.model_spec) == 'name: "default"\nversion {\n  value: 123\n}\n'


def test_a_message_may_be_larger_than_grpc_would_allow(server):
    values = np.zeros(4_000_000, np.float32)
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    request = predict_pb2.PredictRequest(inputs={"x": tf.make_tensor_proto(values)})
    request.model_spec.name = "default"
    with grpc.insecure_channel(server.target, options=options) as channel:
        stub = PREDICTION_SERVICE.stub(channel)
        response = stub.Predict(request, timeout=20)
    assert len(response.outputs["y"].float_val) == len(values)


def test_answers_can_be_in_tensor_content(serve, affine_models):
    server = serve(affine_models[2], enable_serialization_as_tensor_content=True)
    request = predict_pb2.PredictRequest(inputs={"x": tf.make_tensor_proto(np.float32([2, 4]))})
    request.model_spec.name = "mask"
    with grpc.insecure_channel(server.target) as channel:
        stub = PREDICTION_SERVICE.stub(channel)
        output = stub.Predict(request, timeout=20).outputs["y"]
    assert output.tensor_content == np.float32([3, 4]).tobytes()
    assert not output.float_val


def test_requests_are_counted_and_timed(serve, affine_models):
    server = serve(affine_models[2])
    with grpc.insecure_channel(server.target) as channel:
        stub = PREDICTION_SERVICE.stub(channel)
        for name, count in (("mask", 2), ("nope", 1)):
            request = predict_pb2.PredictRequest(inputs={"x": tf.make_tensor_proto(np.float32(2))})
            request.model_spec.name = name
            for _ in range(count):
                with contextlib.suppress(grpc.RpcError):
                    stub.Predict(request, timeout=20)
        with contextlib.suppress(grpc.RpcError):
            stub.Predict(predict_pb2.PredictRequest(model_spec={"name": "mask"}), timeout=20)
    counted = server.metrics.render()
    name = ":tensorflow:serving:request_count"
    assert f'{name}{{model_name="mask",status="OK"}} 2' in counted
    assert f'{name}{{model_name="mask",status="INVALID_ARGUMENT"}} 1' in counted
    assert f'{name}{{model_name="nope",status="NOT_FOUND"}} 1' in counted
    name = ":tensorflow:serving:request_latency_count"
    assert f'{name}{{model_name="mask",API="Predict",entrypoint="GRPC"}} 2' in counted
    name = ":tensorflow:serving:runtime_latency_count"
    assert f'{name}{{model_name="mask",API="Predict",runtime="TF1"}} 2' in counted


def test_a_caller_may_wait_for_ever(server):
    request = predict_pb2.PredictRequest(inputs={"x": tf.make_tensor_proto(np.float32(2))})
    request.model_spec.name = "default"
    with grpc.insecure_channel(server.target) as channel:
        stub = PREDICTION_SERVICE.stub(channel)
        for timeout in (None, 1e6):
            response = stub.Predict(request, timeout=timeout)
            assert response.outputs["y"].float_val == [3]
