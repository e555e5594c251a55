"""ModelService.HandleReloadConfigRequest: models come and go while the server runs."""

import pytest
from tensorflow_serving.config import model_server_config_pb2


@pytest.fixture
def base_path(served, push):
    """Makes base paths that no configuration names yet; a path with versions in it or without."""

    def make(name, *versions):
        path = served.parent / "reloaded" / name
        path.mkdir(parents=True)
        for version in versions:
            push(f"half_plus_{version}", path / str(version))
        return path

    return make


def _add(config, name, base_path, platform="tensorflow"):
    return config.model_config_list.config.add(
        name=name, base_path=str(base_path), model_platform=platform
    )


def _entry(config, name):
    (entry,) = (entry for entry in config.model_config_list.config if entry.name == name)
    return entry


def test_a_new_model_is_waited_for(reload, server_config, base_path, predict):
    _add(server_config, "newcomer", base_path("newcomer", 1))
    assert reload(server_config).status.error_code == 0
    assert predict("newcomer").outputs["y"].float_val[0] == 1.5


def test_an_absent_model_is_unloaded(
    reload, server_config, base_path, predict, refusal, states, eventually
):
    _add(server_config, "leaver", base_path("leaver", 1))
    reload(server_config)
    del server_config.model_config_list.config[-1]
    reload(server_config)
    eventually(lambda: states("leaver") == {1: "END"})
    assert refusal(predict, "leaver")[0] == "NOT_FOUND"
    assert predict("half_plus_two").outputs["y"].float_val[0] == 2.5


def test_a_policy_can_change(reload, server_config, base_path, states, eventually):
    entry = _add(server_config, "policied", base_path("policied", 1, 2))
    reload(server_config)
    assert states("policied") == {2: "AVAILABLE"}
    entry.model_version_policy.specific.versions.extend([1, 2])
    reload(server_config)
    eventually(lambda: states("policied") == {2: "AVAILABLE", 1: "AVAILABLE"})


def test_an_empty_base_path_blocks_to_the_deadline(
    reload, server_config, base_path, push, predict, refusal, states, eventually
):
    path = base_path("late")
    _add(server_config, "late", path)
    assert refusal(reload, server_config, timeout=1.5)[0] == "DEADLINE_EXCEEDED"
    assert predict("half_plus_two").outputs["y"].float_val[0] == 2.5
    push("half_plus_1", path / "1")

    eventually(lambda: states("late") == {1: "AVAILABLE"})
    assert predict("late").outputs["y"].float_val[0] == 1.5


def test_no_config(reload, refusal):
    assert refusal(reload, model_server_config_pb2.ModelServerConfig()) == (
        "INVALID_ARGUMENT",
        "ServerModelConfig type not supported by HandleReloadConfigRequest. "
        "Only ModelConfigList is currently supported",
    )


def _make_path_relative(config):
    _entry(config, "half_plus_two").base_path = "rel/path"


def _name_twice(config):
    config.model_config_list.config.add().CopyFrom(_entry(config, "half_plus_two"))


def _change_platform(config):
    _entry(config, "half_plus_two").model_platform = "torch"


def _take_platform(config):
    _entry(config, "half_plus_two").model_platform = ""


def _label_missing_version(config):
    _entry(config, "labelled").version_labels["canary"] = 999


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        pytest.param(
            _make_path_relative,
            "INVALID_ARGUMENT",
            "Expected model half_plus_two to have an absolute path or URI; "
            "got base_path()=rel/path",
            id="relative path",
        ),
        pytest.param(
            _name_twice,
            "INVALID_ARGUMENT",
            "Illegal to list model half_plus_two multiple times in config list",
            id="duplicate name",
        ),
        pytest.param(
            _change_platform,
            "INVALID_ARGUMENT",
            "Illegal to change a model's platform. For model half_plus_two platform was tensorflow "
            "and new platform requested is torch",
            id="platform changed",
        ),
        pytest.param(
            _take_platform,
            "INVALID_ARGUMENT",
            "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
            "ModelServerConfig::model_platform, model name is half_plus_two",
            id="no platform",
        ),
        pytest.param(
            _label_missing_version,
            "FAILED_PRECONDITION",
            "Request to assign label to version 999 of model labelled, which is not currently "
            "available for inference",
            id="label on an unloaded version",
        ),
    ],
)
def test_refusals(reload, server_config, refusal, predict, change, code, text):
    change(server_config)
    assert refusal(reload, server_config) == (code, text)
    assert predict("half_plus_two").outputs["y"].float_val[0] == 2.5


def test_labels(reload, server_config, predict):
    assert predict("labelled", label="stable").model_spec.version.value == 1
    assert predict("labelled", label="canary").model_spec.version.value == 2
    _entry(server_config, "labelled").version_labels["stable"] = 2
    reload(server_config)
    assert predict("labelled", label="stable").model_spec.version.value == 2


def test_a_label_that_is_taken_away(reload, server_config, predict, refusal):
    del _entry(server_config, "labelled").version_labels["canary"]
    reload(server_config)
    assert refusal(predict, "labelled", label="canary") == (
        "INVALID_ARGUMENT",
        "Unrecognized servable version label: canary",
    )
