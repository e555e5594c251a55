"""Starting, reloading and stopping the models of a server, with real models."""

import threading

import numpy as np
import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.model_request import ModelRequest
from serving.server.served_models import ServedModels
from serving.server.server_options import ServerOptions

POLL_S = 0.05


@pytest.fixture
def make():
    """Makes served models, and stops them after the test."""
    made = []

    def make_models(on_change=None, **options):
        options = {
            "file_system_poll_wait_seconds": POLL_S,
            "max_num_load_retries": 0,
            **options,
        }
        made.append(ServedModels(ServerOptions(**options), ServerMetrics(), on_change))
        return made[-1]

    yield make_models
    for models in made:
        models.stop()


@pytest.fixture
def put(tmp_path, push, affine_models):
    """Puts version k of a model, which answers k, into the folder of that model."""

    def put_version(name, version):
        (tmp_path / name).mkdir(exist_ok=True)
        push(affine_models[version], tmp_path / name / str(version))

    return put_version


@pytest.fixture
def config(tmp_path):
    """Makes configurations of models in the test's folder."""

    def make_config(*names, more=""):
        models = "".join(
            f"config {{ name: '{name}' base_path: '{tmp_path / name}' "
            f"model_platform: 'tensorflow' {more} }}"
            for name in names
        )
        text = f"model_config_list {{ {models} }}"
        return text_format.Parse(text, model_server_config_pb2.ModelServerConfig())

    return make_config


@pytest.fixture
def config_file(tmp_path):
    """Writes the configuration file of a server."""

    def write(config):
        (tmp_path / "models.config").write_text(text_format.MessageToString(config))
        return tmp_path / "models.config"

    return write


def _answer(models, *request, **named):
    with models.borrow(ModelRequest(*request, **named)) as predictor:
        return float(predictor.predict({"x": np.float32(0)})["y"])


def _states(models, name):
    return {status.version: status.state.name for status in models.statuses(name)}


def test_one_model_is_served_from_its_base_path(make, put, tmp_path):
    put("mask", 2)
    changes = []
    models = make(
        lambda name, status: changes.append((name, status.version, status.state.name)),
        model_base_path=tmp_path / "mask",
        model_name="car",
    )
    models.start(20)
    assert _answer(models, "car") == 2
    assert changes == [("car", 2, "START"), ("car", 2, "LOADING"), ("car", 2, "AVAILABLE")]


def test_a_base_path_may_be_relative(make, put, tmp_path, monkeypatch):
    put("mask", 1)
    monkeypatch.chdir(tmp_path)
    models = make(model_base_path="mask")
    models.start(20)
    assert _answer(models, "default") == 1


def test_several_models_with_policies_and_labels_come_from_a_file(
    make, put, config, config_file, eventually
):
    for version in (1, 2, 3):
        put("a", version)
    put("b", 3)
    policy = "model_version_policy { specific { versions: [1, 2] } }"
    label = "version_labels { key: 'stable' value: 1 }"
    file = config("a", more=policy + label)
    file.model_config_list.MergeFrom(config("b").model_config_list)
    models = make(
        model_config_file=config_file(file), allow_version_labels_for_unavailable_models=True
    )
    models.start(20)
    eventually(lambda: _states(models, "a") == {1: "AVAILABLE", 2: "AVAILABLE"})
    assert _answer(models, "a") == 2
    assert _answer(models, "a", label="stable") == 1
    assert _answer(models, "b") == 3


def test_a_label_at_the_start_needs_the_permission(make, put, config, config_file):
    put("a", 1)
    path = config_file(config("a", more="version_labels { key: 'stable' value: 1 }"))
    with pytest.raises(ServingError, match="label to version 1 of model a") as caught:
        make(model_config_file=path).start(20)
    assert caught.value.code is StatusCode.FAILED_PRECONDITION


def test_no_base_path_and_no_file_is_an_error(make):
    with pytest.raises(ServingError) as caught:
        make().start(20)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == (
        "Both server_options.model_base_path and server_options.model_config_file are empty!"
    )


def test_an_empty_file_starts_a_server_without_models(make, config, config_file, put):
    models = make(model_config_file=config_file(model_server_config_pb2.ModelServerConfig()))
    models.start(20)
    put("a", 1)
    models.reload(config("a"), 20)
    assert _answer(models, "a") == 1


def test_a_model_that_cannot_be_loaded_at_the_start_is_fatal(make, put, tmp_path):
    (tmp_path / "mask" / "4").mkdir(parents=True)
    with pytest.raises(ServingError) as caught:
        make(model_base_path=tmp_path / "mask", model_name="m").start(20)
    assert caught.value.code is StatusCode.UNKNOWN
    text = caught.value.message
    assert text.startswith(
        "1 servable(s) did not become available: {{{name: m version: 4} due to error: NOT_FOUND: "
    )
    assert text.endswith("}, }")


def test_all_models_that_cannot_be_loaded_are_named(make, put, tmp_path, config, config_file):
    put("good", 1)
    for name in ("bad", "worse"):
        (tmp_path / name / "7").mkdir(parents=True)
    with pytest.raises(ServingError) as caught:
        make(model_config_file=config_file(config("worse", "good", "bad"))).start(20)
    text = caught.value.message
    assert text.startswith("2 servable(s) did not become available: {{{name: bad version: 7}")
    assert "}, {{name: worse version: 7} due to error: NOT_FOUND: " in text


def test_a_start_waits_for_a_version_until_it_is_told_not_to(make, tmp_path):
    with pytest.raises(ServingError) as caught:
        make(model_base_path=tmp_path / "mask").start(0.05)
    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
    assert caught.value.message == (
        f"After 0.05 s no version of model default is available from {tmp_path / 'mask'}."
    )
    models = make(model_base_path=tmp_path / "mask")
    threading.Timer(0.1, models.stop).start()
    with pytest.raises(ServingError, match="CANCELLED"):
        models.start()


def test_a_start_that_gives_up_says_what_the_last_try_ended_with(make, tmp_path):
    (tmp_path / "mask" / "4").mkdir(parents=True)
    models = make(
        model_base_path=tmp_path / "mask",
        max_num_load_retries=5,
        load_retry_interval_micros=3_600_000_000,
    )
    with pytest.raises(ServingError, match="ended with NOT_FOUND: Could not find SavedModel"):
        models.start(1)


def test_a_stop_does_not_wait_for_the_next_try(make, tmp_path, eventually):
    (tmp_path / "mask" / "4").mkdir(parents=True)
    seen = []
    models = make(
        lambda name, status: seen.append(status.state.name),
        model_base_path=tmp_path / "mask",
        max_num_load_retries=5,
        load_retry_interval_micros=3_600_000_000,
    )
    outcome = []

    def start():
        try:
            models.start()
        except ServingError as error:
            outcome.append(error.code)

    starting = threading.Thread(target=start)
    starting.start()
    eventually(lambda: "LOADING" in seen)
    models.stop()
    starting.join(timeout=10)
    assert outcome == [StatusCode.CANCELLED]
    assert seen[-1] == "END"


def test_a_reload_adds_and_removes_models(make, put, config, tmp_path, eventually):
    put("a", 1)
    put("b", 2)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    models.reload(config("a", "b"), 20)
    assert (_answer(models, "a"), _answer(models, "b")) == (1, 2)
    models.reload(config("b"), 20)
    with pytest.raises(ServingError, match=r"Latest\(a\)"):
        _answer(models, "a")
    eventually(lambda: _states(models, "a") == {1: "END"})
    assert _answer(models, "b") == 2
    models.reload(config("a"), 20)
    assert _answer(models, "a") == 1


def test_a_removed_model_answers_who_has_asked_before(make, put, config, tmp_path):
    put("a", 1)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    with models.borrow(ModelRequest("a")) as predictor:
        models.reload(config(), 20)
        assert _states(models, "a") == {1: "UNLOADING"}
        assert predictor.predict({"x": np.float32(0)})["y"] == 1


def test_a_reload_changes_policy_and_labels(make, put, config, tmp_path, eventually):
    put("a", 1)
    put("a", 2)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    both = "model_version_policy { latest { num_versions: 2 } }"
    models.reload(config("a", more=both), 20)
    eventually(lambda: _states(models, "a") == {1: "AVAILABLE", 2: "AVAILABLE"})
    labels = "version_labels { key: 'old' value: 1 } version_labels { key: 'new' value: 2 }"
    models.reload(config("a", more=both + labels), 20)
    assert (_answer(models, "a", label="old"), _answer(models, "a", label="new")) == (1, 2)


def test_a_reload_waits_for_new_models_until_the_deadline(make, put, config, tmp_path):
    put("a", 1)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    with pytest.raises(ServingError, match="no version of model late is available") as caught:
        models.reload(config("a", "late"), 0.05)
    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
    # The configuration is in force all the same, and others need not wait.
    put("b", 2)
    models.reload(config("a", "b", "late"), 20)
    assert _answer(models, "b") == 2


def test_a_reload_that_nobody_waits_for_ends(make, put, config, tmp_path):
    put("a", 1)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    asked = []

    def is_awaited():
        asked.append(True)
        return len(asked) < 2

    with pytest.raises(ServingError) as caught:
        models.reload(config("a", "late"), None, is_awaited)
    assert caught.value.code is StatusCode.CANCELLED


def test_a_stop_ends_a_reload_that_waits(make, put, config, tmp_path):
    put("a", 1)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    threading.Timer(0.1, models.stop).start()
    with pytest.raises(ServingError) as caught:
        models.reload(config("a", "late"))
    assert caught.value.code is StatusCode.CANCELLED


def test_a_new_model_that_cannot_be_loaded_fails_the_reload(make, put, config, tmp_path):
    put("a", 1)
    (tmp_path / "bad" / "4").mkdir(parents=True)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    with pytest.raises(ServingError) as caught:
        models.reload(config("a", "bad"), 20)
    assert caught.value.code is StatusCode.UNKNOWN
    assert caught.value.message.startswith(
        "1 model(s) did not become available: {{{name: bad version: 4} due to error: NOT_FOUND"
    )
    assert _answer(models, "a") == 1


def test_a_polled_file_is_put_into_force(make, put, config, config_file, eventually):
    put("a", 1)
    put("b", 2)
    models = make(
        model_config_file=config_file(config("a")), model_config_file_poll_wait_seconds=POLL_S
    )
    models.start(20)
    config_file(config("b"))
    eventually(lambda: _states(models, "a") == {1: "END"})
    eventually(lambda: _states(models, "b") == {2: "AVAILABLE"})
    assert _answer(models, "b") == 2


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (("nope",), "Could not find any versions of model nope"),
        (("nope", 9), "Could not find version 9 of model nope"),
        (("a", 9), "Could not find version 9 of model a"),
    ],
)
def test_statuses_of_what_was_never_seen(make, put, tmp_path, request_, message):
    put("a", 1)
    models = make(model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    with pytest.raises(ServingError) as caught:
        models.statuses(*request_)
    assert (caught.value.code, caught.value.message) == (StatusCode.NOT_FOUND, message)
    assert [status.version for status in models.statuses("a", 1)] == [1]


def test_a_watcher_that_fails_stops_nothing(make, put, tmp_path, caplog):
    put("a", 1)

    def stumble(name, status):
        raise BrokenPipeError("nobody reads")

    models = make(stumble, model_base_path=tmp_path / "a", model_name="a")
    models.start(20)
    assert _answer(models, "a") == 1
    assert "nobody reads" in caplog.text


def test_unsigned_versions_are_not_served_and_the_old_one_is(make, put, tmp_path, eventually):
    def verify(directory):
        if not (directory / "signature").exists():
            raise ServingError(StatusCode.FAILED_PRECONDITION, f"{directory} is not signed")

    put("a", 1)
    (tmp_path / "a" / "1" / "signature").touch()
    models = make(model_base_path=tmp_path / "a", model_name="a", verify=verify)
    models.start(20)
    put("a", 2)
    eventually(lambda: _states(models, "a") == {1: "AVAILABLE", 2: "END"})
    assert "is not signed" in models.statuses("a", 2)[0].error.message
    assert _answer(models, "a") == 1
    (tmp_path / "a" / "2" / "signature").touch()
    eventually(lambda: _states(models, "a") == {1: "END", 2: "AVAILABLE"})
