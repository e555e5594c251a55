from datetime import datetime, timezone

import pytest
from tfx import v1 as tfx

from components.last_blessed import LastBlessedOther
from serving.rollback.files import LocalFiles
from serving.rollback.version_history import VersionHistory
from tests.pipeline.recorded_runs import RecordedRuns


class EmptyStore:
    """An ML Metadata store in which nothing was pushed yet."""

    def get_artifacts_by_type(self, kind):
        assert kind == "PushedModel"
        return []


def model(identity):
    made = tfx.types.standard_artifacts.Model()
    made.id = identity
    return made


def blessing(of_model, identity, blessed=1):
    made = tfx.types.standard_artifacts.ModelBlessing()
    made.id = identity
    made.set_int_custom_property("blessed", blessed)
    made.set_int_custom_property("current_model_id", of_model)
    return made


def infra_blessing(of_model, identity, blessed, checked=1):
    made = tfx.types.standard_artifacts.InfraBlessing()
    made.id = identity
    made.set_int_custom_property("blessed", blessed)
    made.set_int_custom_property("checked", checked)
    made.set_int_custom_property("current_model_id", of_model)
    return made


def resolved(candidates, models, blessings, infra_blessings=(), store=None):
    inputs = {
        "candidate": list(map(model, candidates)),
        "model": list(map(model, models)),
        "model_blessing": blessings,
        "infra_blessing": list(infra_blessings),
    }
    resolved = LastBlessedOther().resolve_artifacts(store or EmptyStore(), inputs)
    assert resolved.keys() == inputs.keys()
    assert resolved["infra_blessing"] == []
    assert [each.id for each in resolved["candidate"]] == candidates
    return (
        [each.id for each in resolved["model"]],
        [each.id for each in resolved["model_blessing"]],
    )


def test_the_first_time_there_is_none():
    assert resolved([5], models=[3, 4, 5], blessings=[]) == ([], [])


def test_the_candidate_itself_does_not_count():
    assert resolved([5], models=[3, 4, 5], blessings=[blessing(5, 100)]) == ([], [])


@pytest.mark.parametrize("order", [1, -1])
def test_the_model_that_was_blessed_last_is_taken(order):
    blessings = [blessing(3, 100), blessing(7, 101)][::order]
    assert resolved([8], [3, 4, 7, 8][::order], blessings) == ([7], [101])


def test_the_blessings_age_counts_not_the_models():
    # 3 was judged once more, after 7: a cached model in a later run.
    blessings = [blessing(3, 100), blessing(7, 101), blessing(3, 102)]
    assert resolved([8], [3, 7, 8], blessings) == ([3], [102])


def test_a_candidate_that_is_older_than_the_model_served_is_still_compared_with_it():
    assert resolved([3], [3, 7], [blessing(3, 100), blessing(7, 101)]) == ([7], [101])


def test_a_rejected_model_is_passed_over():
    blessings = [blessing(3, 100), blessing(6, 101, blessed=0)]
    assert resolved([9], [3, 6, 9], blessings) == ([3], [100])


def test_a_blessed_model_that_is_gone_is_passed_over():
    assert resolved([9], [3, 9], [blessing(3, 100), blessing(6, 101)]) == ([3], [100])


def test_without_a_candidate_the_last_blessed_model_is_found():
    assert resolved([], [3], [blessing(3, 100)]) == ([3], [100])


def test_a_blessed_model_that_its_server_rejected_is_passed_over():
    blessings = [blessing(3, 100), blessing(6, 101)]
    infra = [infra_blessing(3, 200, blessed=1), infra_blessing(6, 201, blessed=0)]
    assert resolved([9], [3, 6, 9], blessings, infra) == ([3], [100])
    assert resolved([9], [3, 6, 9], blessings, infra[:1]) == ([6], [101])


@pytest.mark.parametrize("order", [1, -1])
def test_the_last_check_counts(order):
    passed = [infra_blessing(6, 201, blessed=0), infra_blessing(6, 202, blessed=1)][::order]
    assert resolved([9], [3, 6, 9], [blessing(3, 100), blessing(6, 101)], passed) == ([6], [101])
    failed = [infra_blessing(6, 201, blessed=1), infra_blessing(6, 202, blessed=0)][::order]
    assert resolved([9], [3, 6, 9], [blessing(3, 100), blessing(6, 101)], failed) == ([3], [100])


def test_a_model_that_was_not_checked_anew_keeps_its_last_check():
    # A later gate rejected it: nothing is said of its server then.
    infra = [infra_blessing(6, 201, blessed=1), infra_blessing(6, 202, blessed=0, checked=0)]
    assert resolved([9], [6, 9], [blessing(6, 101)], infra) == ([6], [101])


@pytest.fixture
def served(tmp_path):
    """A store with three models that were pushed as versions 1 to 3, and their ids."""
    runs = RecordedRuns(tmp_path)
    history = VersionHistory(str(tmp_path / "serving" / "mask"), LocalFiles())
    models = []
    for number in (1, 2, 3):
        models.append(runs.model(f"run {number}", f"/models/{number}", f"/span-{number}"))
        version = tmp_path / "serving" / "mask" / str(number)
        version.mkdir(parents=True)
        (version / "saved_model.pb").write_bytes(b"graph")
        runs.push(f"run {number}", runs.judge(f"run {number}", models[-1]), str(version))
    return runs.store, history, models


def test_after_a_rollback_the_model_that_is_served_is_taken(served):
    store, history, models = served
    blessings = [blessing(model, 100 + place) for place, model in enumerate(models)]
    everything = (models, blessings)
    assert resolved([999], *everything, store=store) == ([models[2]], [102])
    history.roll_back(1, "", datetime.now(timezone.utc))
    assert resolved([999], *everything, store=store) == ([models[0]], [100])
    # Also where the candidate is one of those that were taken back, made again or from the cache.
    assert resolved([models[2]], *everything, store=store) == ([models[0]], [100])
    history.restore(2)
    assert resolved([999], *everything, store=store) == ([models[1]], [101])
