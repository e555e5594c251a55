from concurrent import futures

import grpc
import pytest
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2

from evaluation.server_model import ServerModel
from serving.client.errors import (
    InvalidPhotograph,
    ModelNotFound,
    ModelUnsuitable,
    ServerUnavailable,
    ServiceError,
)
from serving.server.services.rpc_services import PREDICTION_SERVICE

PHOTOGRAPH = b"\xff\xd8\xff photograph"


class FakeServer:
    """Answers with the photograph's bytes; ``status`` fails what is asked."""

    def __init__(self):
        self.shape = (-1, 8, 12)
        self.metadata_status = self.predict_status = None
        self.asked = []

    def GetModelMetadata(self, request, context):  # noqa: N802
        self.asked.append((request.model_spec.name, list(request.metadata_field)))
        if self.metadata_status is not None:
            context.abort(self.metadata_status, "the reason")
        signatures = get_model_metadata_pb2.SignatureDefMap()
        signatures.signature_def["serving_default"].SetInParent()
        if self.shape is not None:
            output = signatures.signature_def["probability"].outputs["probability"]
            for size in self.shape:
                output.tensor_shape.dim.add(size=size)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.metadata["signature_def"].Pack(signatures)
        return response

    def Predict(self, request, context):  # noqa: N802
        self.asked.append(request.model_spec.name)
        if self.predict_status is not None:
            context.abort(self.predict_status, "the reason")
        response = predict_pb2.PredictResponse()
        masks = [b"mask of " + each for each in request.inputs["image_bytes"].string_val]
        tensor = response.outputs["mask_png_bytes"]
        tensor.dtype = types_pb2.DT_STRING
        tensor.tensor_shape.dim.add(size=len(masks))
        tensor.string_val.extend(masks)
        return response


@pytest.fixture
def served():
    """A fake server, and where it listens."""
    fake, server = FakeServer(), grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([PREDICTION_SERVICE.handler(fake)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield fake, f"127.0.0.1:{port}"
    server.stop(0).wait()


def test_a_reply_is_the_bytes_of_the_named_model(served):
    fake, target = served
    model = ServerModel.connect(target, "cars")
    assert model.input_size == (8, 12)
    assert model.reply(PHOTOGRAPH) == b"mask of " + PHOTOGRAPH
    assert model.has_finite_probabilities(PHOTOGRAPH)
    model.close()
    assert fake.asked == [("cars", ["signature_def"]), "cars"]


@pytest.mark.parametrize("shape", [None, (), (-1, -1, 12), (-1, 8, 12, 1)])
def test_a_size_that_the_server_does_not_tell(served, shape):
    fake, target = served
    fake.shape = shape
    assert ServerModel.connect(target).input_size is None


def test_a_server_without_metadata_is_asked_all_the_same(served):
    fake, target = served
    fake.metadata_status = grpc.StatusCode.UNIMPLEMENTED
    model = ServerModel.connect(target)
    assert model.input_size is None
    assert model.reply(PHOTOGRAPH) == b"mask of " + PHOTOGRAPH


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (grpc.StatusCode.NOT_FOUND, ModelNotFound, "does not serve a model 'mask'.*--model-name"),
        (grpc.StatusCode.UNAVAILABLE, ServerUnavailable, "No model server answers.*--model"),
        (grpc.StatusCode.INTERNAL, ServiceError, r"INTERNAL from .*\(the reason\)"),
    ],
)
def test_a_model_that_cannot_be_asked(served, status, kind, text):
    fake, target = served
    fake.metadata_status = status
    with pytest.raises(kind, match=text):
        ServerModel.connect(target)


def test_nobody_at_the_address():
    with pytest.raises(ServerUnavailable, match="No model server answers at 127.0.0.1:1:"):
        ServerModel.connect("127.0.0.1:1")


def test_a_photograph_that_fails_does_not_stop_the_next(served):
    fake, target = served
    model = ServerModel.connect(target)
    fake.predict_status = grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(InvalidPhotograph):
        model.reply(PHOTOGRAPH)
    fake.predict_status = None
    assert model.reply(PHOTOGRAPH) == b"mask of " + PHOTOGRAPH


def test_a_server_that_is_lost_is_not_asked_again(served):
    fake, target = served
    model = ServerModel.connect(target)
    fake.predict_status = grpc.StatusCode.FAILED_PRECONDITION
    for _ in range(3):
        with pytest.raises(ModelUnsuitable):
            model.reply(PHOTOGRAPH)
    assert fake.asked.count("mask") == 1
