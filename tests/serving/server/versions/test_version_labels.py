"""When a label may point at a version, as in TensorFlow Serving's server_core.cc."""

from pathlib import Path

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.model_config import ModelConfig
from serving.server.versions.version_labels import VersionLabels


def _model(**labels):
    return ModelConfig("mask", Path("/models/mask"), labels=labels)


def _replaced(labels, model, available=(), **settings):
    return labels.replaced([model], lambda name, version: version in available, **settings)


def test_a_label_stands_for_its_version_and_others_are_unknown():
    labels = _replaced(VersionLabels(), _model(stable=3, canary=4), available=(3, 4))
    assert labels.resolve("mask", "stable") == 3
    assert labels.resolve("mask", "canary") == 4
    for model, label in (("mask", "nope"), ("other", "stable")):
        with pytest.raises(ServingError) as caught:
            labels.resolve(model, label)
        assert caught.value.code is StatusCode.INVALID_ARGUMENT
        assert caught.value.message == f"Unrecognized servable version label: {label}"


def test_a_new_configuration_replaces_all_labels():
    old = _replaced(VersionLabels(), _model(stable=3, canary=4), available=(3, 4))
    new = _replaced(old, _model(stable=4), available=(3, 4))
    assert new.resolve("mask", "stable") == 4
    assert old.resolve("mask", "stable") == 3
    with pytest.raises(ServingError):
        new.resolve("mask", "canary")


def test_a_label_needs_an_available_version():
    with pytest.raises(ServingError) as caught:
        _replaced(VersionLabels(), _model(stable=999), available=(3,))
    assert caught.value.code is StatusCode.FAILED_PRECONDITION
    assert caught.value.message == (
        "Request to assign label to version 999 of model mask, which is not currently available "
        "for inference"
    )


def test_if_allowed_only_an_existing_label_needs_one():
    labels = _replaced(VersionLabels(), _model(stable=9), allow_unavailable=True)
    assert labels.resolve("mask", "stable") == 9
    again = _replaced(labels, _model(stable=9), allow_unavailable=True)
    assert again.resolve("mask", "stable") == 9
    with pytest.raises(ServingError, match="version 10 of model mask"):
        _replaced(labels, _model(stable=10), allow_unavailable=True)
    moved = _replaced(labels, _model(stable=10), available=(10,), allow_unavailable=True)
    assert moved.resolve("mask", "stable") == 10
