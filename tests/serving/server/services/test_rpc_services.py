"""The services against their published definition, and both of their sides against each other."""

import ast
from concurrent import futures
from importlib import resources

import grpc
import pytest
from google.protobuf import descriptor_pb2
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2

from serving.server.services.rpc_services import MODEL_SERVICE, PREDICTION_SERVICE


def _published(module):
    """Returns the .proto file that a module of tensorflow-serving-api was generated from.

    It is read, not imported: protobuf 6 refuses the import.
    """
    source = resources.files("tensorflow_serving.apis").joinpath(f"{module}.py").read_text()
    [text] = [
        keyword.value.args[0].value
        for keyword in ast.walk(ast.parse(source))
        if isinstance(keyword, ast.keyword) and keyword.arg == "serialized_pb"
    ]
    return descriptor_pb2.FileDescriptorProto.FromString(text.encode("latin1"))


@pytest.mark.parametrize(
    ("service", "module"),
    [(PREDICTION_SERVICE, "prediction_service_pb2"), (MODEL_SERVICE, "model_service_pb2")],
)
def test_methods_and_messages_are_the_published_ones(service, module):
    file = _published(module)
    [published] = file.service
    assert service.name == f"{file.package}.{published.name}"
    assert {
        name: tuple(f".{message.DESCRIPTOR.full_name}" for message in messages)
        for name, messages in service.methods.items()
    } == {method.name: (method.input_type, method.output_type) for method in published.method}
    assert not any(
        method.client_streaming or method.server_streaming for method in published.method
    )


def test_a_path_has_service_and_method():
    assert PREDICTION_SERVICE.path("Predict") == "/tensorflow.serving.PredictionService/Predict"


class _States:
    """Has one of the two methods of the ModelService."""

    def GetModelStatus(self, request, context):  # noqa: N802
        response = get_model_status_pb2.GetModelStatusResponse()
        response.model_version_status.add(version=request.model_spec.version.value, state="END")
        return response


@pytest.fixture
def channel():
    server = grpc.server(futures.ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers([MODEL_SERVICE.handler(_States())])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
    server.stop(None).wait()


def test_a_call_reaches_the_method_and_its_response_comes_back(channel):
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.version.value = 7
    response = MODEL_SERVICE.stub(channel).GetModelStatus(request, timeout=10)
    [row] = response.model_version_status
    assert (row.version, row.state) == (7, get_model_status_pb2.ModelVersionStatus.END)


def test_a_method_that_is_not_there_is_unimplemented(channel):
    stub = MODEL_SERVICE.stub(channel)
    with pytest.raises(grpc.RpcError) as caught:
        stub.HandleReloadConfigRequest(model_management_pb2.ReloadConfigRequest(), timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_stub_has_the_methods_of_its_service(channel):
    assert list(vars(PREDICTION_SERVICE.stub(channel))) == list(PREDICTION_SERVICE.methods)
