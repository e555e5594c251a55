import json
import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from components.withdrawn_models import REFUSED, withdrawn_models
from serving.rollback.files import LocalFiles
from serving.rollback.version_history import VersionHistory
from tests.pipeline.recorded_runs import RecordedRuns

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)


@pytest.fixture
def runs(tmp_path):
    return RecordedRuns(tmp_path)


@pytest.fixture
def history(tmp_path):
    return VersionHistory(str(tmp_path / "serving" / "mask"), LocalFiles())


@pytest.fixture
def push(runs, history):
    """Fits and pushes a model as the version of the run's number; returns the model's id."""

    def push(number, model=None, kind="Pusher"):
        run = f"run {number}"
        if model is None:
            model = runs.model(run, f"/models/{number}", f"/data/{number}")
        version = Path(history.path(number))
        version.mkdir(parents=True)
        (version / "saved_model.pb").write_bytes(b"%d" % number)
        runs.push(run, runs.judge(run, model), str(version))
        return model

    return push


def test_nothing_was_ever_pushed(runs):
    assert withdrawn_models(runs.store) == set()
    model = runs.model("run", "/models/a", "/data")
    runs.push("run", runs.judge("run", model, blessed=False), "")
    assert withdrawn_models(runs.store) == set()


def test_those_that_a_rollback_took_back(runs, history, push):
    first, second, third = (push(number) for number in (1, 2, 3))
    assert withdrawn_models(runs.store) == set()
    history.roll_back(1, "", NOW)
    assert withdrawn_models(runs.store) == {second, third}
    history.restore(3)
    assert withdrawn_models(runs.store) == {second}
    assert first not in withdrawn_models(runs.store)


def test_a_version_that_was_deleted_to_make_room_was_not_withdrawn(runs, history, push):
    push(1)
    push(2)
    LocalFiles.rmtree(history.path(1))
    assert withdrawn_models(runs.store) == set()


def test_a_model_that_is_served_under_another_version_is_not_withdrawn(runs, history, push):
    model = push(1)
    push(2, model)  # Signed since, say.
    history.roll_back(1, "", NOW)
    assert withdrawn_models(runs.store) == set()


def test_a_model_that_was_not_pushed_again_is_withdrawn_too(runs, history, push):
    push(1)
    push(2)
    history.roll_back(1, "", NOW)
    # Fitted anew to the same weights: the Pusher told the two to be one.
    again = runs.model("run 3", "/models/3", "/data/2")
    runs.step(
        "run 3",
        "Pusher",
        {"model_blessing": [runs.judge("run 3", again)]},
        {"pushed_model": ("PushedModel", "/pushed/3", {"pushed": 0, REFUSED: history.path(2)})},
    )
    assert again in withdrawn_models(runs.store)
    history.restore(2)
    assert withdrawn_models(runs.store) == set()


def test_a_push_that_was_taken_from_the_cache_is_the_same_push(runs, history, push):
    push(1)
    model = push(2)
    blessing = runs.judge("run 3", model)
    [pushed] = [
        each.id
        for each in runs.store.get_artifacts_by_type("PushedModel")
        if each.custom_properties["pushed_destination"].string_value == history.path(2)
    ]
    runs.step(
        "run 3", "Pusher", {"model_blessing": [blessing]}, {}, cached={"pushed_model": pushed}
    )
    history.roll_back(1, "", NOW)
    assert withdrawn_models(runs.store) == {model}


def test_each_serving_directory_has_its_own_versions(runs, history, push, tmp_path):
    push(1)
    mask = push(2)
    make = runs.model("run make", "/models/make", "/data")
    other = tmp_path / "serving" / "make" / "2"
    other.mkdir(parents=True)
    runs.push("run make", runs.judge("run make", make), str(other))
    history.roll_back(1, "", NOW)
    assert withdrawn_models(runs.store) == {mask}


def test_a_pusher_that_does_not_number_its_versions(runs):
    model = runs.model("run", "/models/a", "/data")
    runs.push("run", runs.judge("run", model), "/elsewhere/model")
    assert withdrawn_models(runs.store) == set()


def test_a_broken_record_is_not_taken_for_none(runs, history, push):
    push(1)
    push(2)
    history.roll_back(1, "", NOW)
    record = Path(os.path.dirname(history.base), "withdrawn", "mask", "withdrawal-2.json")
    assert json.loads(record.read_text())["version"] == 2
    record.write_text("{")
    with pytest.raises(ValueError, match=r"withdrawal-2\.json is no record"):
        withdrawn_models(runs.store)
