"""Reading and checking the list of models, in the words of TensorFlow Serving."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import ServingError, StatusCode
from serving.server.model_config import ModelConfig, model_configs, read_model_config_file
from serving.server.versions.version_policy import VersionPolicy

TENSORFLOW = "model_platform: 'tensorflow'"


def _read(text, current=()):
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    return model_configs(config, {model.name: model for model in current})


def test_every_field_of_a_model_is_read():
    models = _read(
        f"""
        model_config_list {{
            config {{ name: 'a' base_path: '/models/a' {TENSORFLOW} }}
            config {{
                name: 'b' base_path: '/models/b' model_type: TENSORFLOW
                model_version_policy {{ specific {{ versions: [4, 7] }} }}
                version_labels {{ key: 'stable' value: 4 }}
                version_labels {{ key: 'canary' value: 7 }}
            }}
        }}
        """
    )
    assert models == {
        "a": ModelConfig("a", Path("/models/a")),
        "b": ModelConfig(
            "b",
            Path("/models/b"),
            policy=VersionPolicy(None, frozenset({4, 7})),
            labels={"stable": 4, "canary": 7},
        ),
    }


def test_an_empty_list_is_a_configuration_without_models():
    assert _read("model_config_list {}") == {}


@pytest.mark.parametrize(
    ("models", "message"),
    [
        (
            f"config {{ name: 'm' base_path: '/m' {TENSORFLOW} }} "
            f"config {{ name: 'm' base_path: 'rel' {TENSORFLOW} }}",
            "Illegal to list model m multiple times in config list",
        ),
        (
            f"config {{ name: 'm' base_path: 'rel/path' {TENSORFLOW} }}",
            "Expected model m to have an absolute path or URI; got base_path()=rel/path",
        ),
        (
            f"config {{ name: 'm' {TENSORFLOW} }}",
            "Expected model m to have an absolute path or URI; got base_path()=",
        ),
        (
            "config { name: 'served' base_path: '/m' model_platform: 'torch' }",
            "Illegal to change a model's platform. For model served platform was tensorflow and "
            "new platform requested is torch",
        ),
        (
            "config { name: 'm' base_path: '/m' }",
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform, model name is m",
        ),
        (
            f"config {{ name: 'm' base_path: '/m' model_type: TENSORFLOW {TENSORFLOW} }}",
            "Illegal setting both ModelServerConfig::model_type (deprecated) and "
            "ModelServerConfig::model_platform.",
        ),
        (
            "config { name: 'm' base_path: '/m' model_type: OTHER }",
            "ModelServerConfig::model_type choice 2 not supported.",
        ),
        (
            "config { name: 'm' base_path: '/m' model_platform: 'torch' }",
            "Model m requests unsupported platform torch",
        ),
    ],
)
def test_what_cannot_be_served_is_refused(models, message):
    with pytest.raises(ServingError) as caught:
        _read(f"model_config_list {{ {models} }}", [ModelConfig("served", Path("/s"))])
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            f"model_config_list {{ config {{ name: 'm' base_path: 'gs://b/m' {TENSORFLOW} }} }}",
            "Model m: only local directories are served here, not gs://b/m",
        ),
        ("custom_model_config {}", "use model_config_list"),
    ],
)
def test_what_only_tensorflow_serving_does_is_said_to_be_so(text, fault):
    with pytest.raises(ServingError, match=fault) as caught:
        _read(text)
    assert caught.value.code is StatusCode.UNIMPLEMENTED


def test_a_file_is_a_text_proto(tmp_path):
    path = tmp_path / "models.config"
    path.write_text("model_config_list { config { name: 'm' } }")
    assert read_model_config_file(path).model_config_list.config[0].name == "m"
    path.write_text("model_config_list: what?")
    with pytest.raises(ServingError, match="Invalid protobuf file: '.*models.config'") as caught:
        read_model_config_file(path)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    with pytest.raises(ServingError, match="absent; No such file or directory") as caught:
        read_model_config_file(tmp_path / "absent")
    assert caught.value.code is StatusCode.NOT_FOUND
