"""One configuration after the other, with managers that only note what they are told."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from serving.errors import ServingError, StatusCode
from serving.server.model_registry import ModelRegistry
from serving.server.model_request import ModelRequest
from serving.server.versions.version_table import VersionTable
from serving.version_status import VersionState, VersionStatus


class _Manager:
    """Stands in for a VersionManager: a table, and what it was told."""

    def __init__(self, name):
        self.table = VersionTable(name)
        self.configs = []
        self.errors = {}
        self.is_joined = False

    def configure(self, config):
        self.configs.append(config)

    def failures(self):
        return self.errors

    def last_error(self):
        return self.errors.get(1)

    def join(self):
        self.is_joined = True


class _Loaded:
    """Stands in for a Servable."""

    def __init__(self, version):
        self.version = version


class _Fixture:
    """A registry and its managers."""

    def __init__(self, **settings):
        self.managers = {}
        self.registry = ModelRegistry(self._new_manager, **settings)

    def _new_manager(self, name):
        self.managers[name] = _Manager(name)
        return self.managers[name]

    def apply(self, *models, labels=""):
        configs = "".join(
            f"config {{ name: '{model}' base_path: '/models/{model}' "
            f"model_platform: 'tensorflow' {labels} }}"
            for model in models
        )
        config = model_server_config_pb2.ModelServerConfig()
        return self.registry.apply(text_format.Parse(f"model_config_list {{ {configs} }}", config))

    def load(self, name, version):
        status = VersionStatus(version, VersionState.AVAILABLE)
        self.managers[name].table.set(status, _Loaded(version))

    def borrowed(self, *request, **named):
        with self.registry.borrow(ModelRequest(*request, **named)) as loaded:
            return loaded.version


@pytest.fixture
def models():
    return _Fixture()


def _label(name, version):
    return f"version_labels {{ key: '{name}' value: {version} }}"


def test_only_new_models_are_told_to_be_so(models):
    assert models.apply("a", "b") == {"a", "b"}
    assert models.apply("b", "c") == {"c"}
    assert models.apply("a", "b", "c") == {"a"}
    a, b = models.managers["a"].configs, models.managers["b"].configs
    assert [config and config.base_path for config in a] == [
        Path("/models/a"),
        None,
        Path("/models/a"),
    ]
    assert b[0] == b[1] == b[2]


def test_a_refused_configuration_changes_nothing(models):
    models.apply("a")
    models.load("a", 1)
    models.apply("a", labels=_label("stable", 1))
    told = list(models.managers["a"].configs)
    for refused in (("b", "b"), ("b",)):
        with pytest.raises(ServingError):
            models.apply(*refused, labels=_label("stable", 9))
    assert models.managers["a"].configs == told
    assert set(models.managers) == {"a"}
    assert models.borrowed("a", label="stable") == 1


def test_an_empty_configuration_is_only_for_a_server_without_models(models):
    nothing = model_server_config_pb2.ModelServerConfig()
    assert models.registry.apply(nothing) == set()
    models.apply("a")
    with pytest.raises(ServingError, match="only legal to transition") as caught:
        models.registry.apply(nothing)
    assert caught.value.code is StatusCode.FAILED_PRECONDITION


def test_versions_are_lent_by_model_number_and_label(models):
    models.apply("a", "b")
    for version in (1, 2):
        models.load("a", version)
    models.apply("a", labels=_label("stable", 1))
    assert models.borrowed("a") == 2
    assert models.borrowed("a", version=1) == 1
    assert models.borrowed("a", label="stable") == 1


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        (ModelRequest("nope"), "NOT_FOUND", "Servable not found for request: Latest(nope)"),
        (ModelRequest("nope", 3), "NOT_FOUND", "Servable not found for request: Specific(nope, 3)"),
        (ModelRequest("a"), "NOT_FOUND", "Servable not found for request: Latest(a)"),
        (
            ModelRequest("a", label="canary"),
            "INVALID_ARGUMENT",
            "Unrecognized servable version label: canary",
        ),
        (
            ModelRequest("nope", label="canary"),
            "INVALID_ARGUMENT",
            "Unrecognized servable version label: canary",
        ),
    ],
)
def test_what_is_not_there_is_refused(models, request_, code, message):
    models.apply("a")
    with pytest.raises(ServingError) as caught, models.registry.borrow(request_):
        pass
    assert (caught.value.code.name, caught.value.message) == (code, message)


def test_a_label_may_wait_for_its_version_if_that_is_allowed():
    models = _Fixture(allow_labels_for_unavailable=True)
    models.apply("a", labels=_label("stable", 5))
    with pytest.raises(ServingError, match=r"Specific\(a, 5\)"):
        models.borrowed("a", label="stable")
    models.load("a", 5)
    assert models.borrowed("a", label="stable") == 5


def test_a_label_alone_does_not_change_what_a_manager_is_told(models):
    models.apply("a")
    models.load("a", 1)
    models.apply("a", labels=_label("stable", 1))
    first, second = models.managers["a"].configs
    assert first == second


def test_a_model_is_pending_until_it_is_available_or_has_failed(models):
    models.apply("a", "b", "c")
    assert models.registry.pending({"c", "a", "b"}) == ["a", "b", "c"]
    models.load("a", 1)
    error = ServingError(StatusCode.DATA_LOSS, "damaged")
    models.managers["b"].errors = {1: error}
    assert models.registry.pending({"a", "b", "c"}) == ["c"]
    assert models.registry.failures({"a", "b"}) == {("b", 1): error}
    models.apply("a", "b")
    assert models.registry.pending({"a", "b", "c"}) == []


def test_a_model_leaves_until_nobody_can_ask_it(models):
    models.apply("a")
    models.load("a", 1)
    assert not models.registry.leaving()
    models.apply()
    assert models.registry.leaving()
    models.managers["a"].table.set(VersionStatus(1, VersionState.UNLOADING))
    assert not models.registry.leaving()


def test_why_a_model_is_late(models):
    models.apply("a")
    assert models.registry.why_late("a") == "from /models/a."
    models.managers["a"].errors = {1: ServingError(StatusCode.DATA_LOSS, "damaged")}
    assert models.registry.why_late("a") == (
        "from /models/a. The last try to load one ended with DATA_LOSS: damaged"
    )


def test_the_statuses_of_a_model_that_left_stay(models):
    assert models.registry.statuses("a") == []
    models.apply("a")
    models.load("a", 1)
    models.apply()
    assert [status.version for status in models.registry.statuses("a")] == [1]


def test_the_end_gives_every_model_up_and_takes_no_more(models):
    models.apply("a", "b")
    models.registry.close()
    assert all(manager.configs[-1] is None for manager in models.managers.values())
    assert all(manager.is_joined for manager in models.managers.values())
    with pytest.raises(ServingError) as caught:
        models.apply("a")
    assert caught.value.code is StatusCode.CANCELLED
