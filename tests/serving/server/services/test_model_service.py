"""Statuses and reloads on the wire, as seen of TensorFlow Serving 2.20."""

import grpc
import pytest
from google.protobuf import text_format
from tensorflow_serving.apis import get_model_status_pb2, model_management_pb2

from serving.server.embedded_server import EmbeddedServer
from serving.server.services.rpc_services import MODEL_SERVICE

TENSORFLOW = "model_platform: 'tensorflow'"


def _call(server, method, request, timeout=10):
    with grpc.insecure_channel(server.target) as channel:
        stub = MODEL_SERVICE.stub(channel)
        return getattr(stub, method)(request, timeout=timeout)


def _status(server, text):
    request = text_format.Parse(text, get_model_status_pb2.GetModelStatusRequest())
    return _call(server, "GetModelStatus", request)


def _reload(server, text, timeout=10):
    request = model_management_pb2.ReloadConfigRequest()
    text_format.Parse(text, request)
    return _call(server, "HandleReloadConfigRequest", request, timeout)


@pytest.fixture(scope="module")
def server(affine_models, tmp_path_factory):
    """Version 123 of "default", as in the observations."""
    base_path = tmp_path_factory.mktemp("served") / "default"
    base_path.mkdir()
    (base_path / "00000123").symlink_to(affine_models[2], target_is_directory=True)
    with EmbeddedServer(base_path, "default") as server:
        yield server


@pytest.mark.parametrize(
    ("text", "code", "details"),
    [
        ("", "INVALID_ARGUMENT", "Missing ModelSpec"),
        (
            "model_spec { name: 'nope' }",
            "NOT_FOUND",
            "Could not find any versions of model nope",
        ),
        (
            "model_spec { name: 'default' version { value: 9 } }",
            "NOT_FOUND",
            "Could not find version 9 of model default",
        ),
    ],
)
def test_a_status_that_there_is_not(server, text, code, details):
    with pytest.raises(grpc.RpcError) as caught:
        _status(server, text)
    assert (caught.value.code().name, caught.value.details()) == (code, details)


@pytest.mark.parametrize("spec", ["", "version { value: 123 }", "version_label: 'any'"])
def test_a_status(server, spec):
    response = _status(server, f"model_spec {{ name: 'default' {spec} }}")
    expected = "model_version_status { version: 123 state: AVAILABLE status {} }"
    assert response == text_format.Parse(expected, get_model_status_pb2.GetModelStatusResponse())


def test_a_version_that_could_not_be_loaded_says_why(serve, affine_models, eventually):
    server = serve(affine_models[1], max_num_load_retries=0)
    (server.model_base_path / "2").mkdir()

    def rows():
        return _status(server, "model_spec { name: 'mask' }").model_version_status

    eventually(lambda: [row.state for row in rows()] == [50, 30])
    assert rows()[0].status.error_code == 5
    assert rows()[0].status.error_message.startswith("Could not find SavedModel")
    assert rows()[1].status.error_code == 0


@pytest.mark.parametrize(
    ("models", "code", "details"),
    [
        (
            None,
            "INVALID_ARGUMENT",
            "ServerModelConfig type not supported by HandleReloadConfigRequest. Only "
            "ModelConfigList is currently supported",
        ),
        (
            f"config {{ name: 'default' base_path: 'rel/path' {TENSORFLOW} }}",
            "INVALID_ARGUMENT",
            "Expected model default to have an absolute path or URI; got base_path()=rel/path",
        ),
        (
            f"config {{ name: 'default' base_path: '/m' {TENSORFLOW} }}" * 2,
            "INVALID_ARGUMENT",
            "Illegal to list model default multiple times in config list",
        ),
        (
            "config { name: 'default' base_path: '/m' model_platform: 'torch' }",
            "INVALID_ARGUMENT",
            "Illegal to change a model's platform. For model default platform was tensorflow and "
            "new platform requested is torch",
        ),
        (
            "config { name: 'default' base_path: '/m' }",
            "INVALID_ARGUMENT",
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform, model name is default",
        ),
        (
            f"config {{ name: 'default' base_path: '/m' {TENSORFLOW} "
            "version_labels { key: 'canary' value: 999 } }",
            "FAILED_PRECONDITION",
            "Request to assign label to version 999 of model default, which is not currently "
            "available for inference",
        ),
    ],
)
def test_a_reload_that_cannot_be(server, models, code, details):
    config = "" if models is None else f"config {{ model_config_list {{ {models} }} }}"
    with pytest.raises(grpc.RpcError) as caught:
        _reload(server, config)
    assert (caught.value.code().name, caught.value.details()) == (code, details)
    assert len(_status(server, "model_spec { name: 'default' }").model_version_status) == 1


def test_a_reload_serves_other_models(serve, push, affine_models, tmp_path):
    server = serve(affine_models[1])
    (tmp_path / "other").mkdir()
    push(affine_models[2], tmp_path / "other" / "7")
    response = _reload(
        server,
        f"config {{ model_config_list {{ config {{ name: 'other' base_path: '{tmp_path}/other' "
        f"{TENSORFLOW} }} }} }}",
        timeout=None,
    )
    assert response == model_management_pb2.ReloadConfigResponse(status={})
    rows = _status(server, "model_spec { name: 'other' }").model_version_status
    assert [(row.version, row.state) for row in rows] == [(7, 30)]
    rows = _status(server, "model_spec { name: 'mask' }").model_version_status
    assert rows[0].state in (40, 50)


def test_a_reload_with_a_bad_path_lasts_until_the_deadline(serve, affine_models, tmp_path):
    server = serve(affine_models[1])
    config = (
        f"config {{ model_config_list {{ config {{ name: 'late' base_path: '{tmp_path}/late' "
        f"{TENSORFLOW} }} config {{ name: 'mask' base_path: '{server.model_base_path}' "
        f"{TENSORFLOW} }} }} }}"
    )
    with pytest.raises(grpc.RpcError) as caught:
        _reload(server, config, timeout=0.2)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    # Nobody waits any more, so a server that stops has nothing to wait for.
    server.stop()
