import json
from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import anomalies_pb2
from tfx import v1 as tfx

from components.drift_check import Drift, DriftCheck, DriftedData
from components.drift_verdict import DRIFT
from components.photograph_statistics import PhotographStatistics
from pipeline.config import DRIFT_CONFIG, DriftConfig
from report.data.data_statistics import MEASURES, DataStatistics
from report.data.stored_statistics import write_statistics

Model = tfx.types.standard_artifacts.Model


@pytest.fixture(scope="module")
def statistics_of(artifact, photograph_statistics):
    """Writes the statistics of so many cars, two photographs each."""

    def make(span, cars=20, brightness=100.0, measures=MEASURES, **changes):
        photographs = tuple(
            photograph_statistics(
                f"c{car:02}_{pose:02}", brightness=brightness + (car - 9.5) / 10, **changes
            )
            for car in range(cars)
            for pose in (1, 2)
        )
        made = artifact(PhotographStatistics, "statistics")
        write_statistics(made.uri, DataStatistics(photographs, (), True, {}, None, (), (), ()))
        made.set_string_custom_property("data", f"/photos/<span>-{span}")
        made.set_string_custom_property("fingerprint", f"f{span}")
        made.set_int_custom_property("span", span)
        made.set_int_custom_property("measures", measures)
        return made

    return make


@pytest.fixture
def check(artifact, run_component):
    """Runs the step; returns folder and verdict."""

    def run(statistics, baseline=None, model=True, **config):
        inputs = {"statistics": statistics}
        if baseline is not None:
            inputs["baseline"] = baseline
        if model:
            inputs["model"] = artifact(Model, "model")
        outputs = run_component(
            DriftCheck,
            inputs,
            config=DRIFT_CONFIG.dump_json(DriftConfig(**config)).decode(),
            code="any",
        )
        assert isinstance(outputs["drift"], Drift)
        folder = Path(outputs["drift"].uri)
        return folder, DRIFT.validate_json((folder / "drift.json").read_bytes())

    return run


def _anomalies(folder):
    return anomalies_pb2.Anomalies.FromString((folder / "SchemaDiff.pb").read_bytes())


def test_a_first_run(check, statistics_of):
    folder, verdict = check(statistics_of(1), model=False)
    assert (verdict.compared, verdict.judged, verdict.drifted) == (False, False, False)
    assert verdict.reason == "no model was blessed before that was fitted on other photographs"
    assert verdict.baseline is None
    assert (verdict.current.span, verdict.current.cars, verdict.current.photographs) == (1, 20, 40)
    assert not _anomalies(folder).drift_skew_info


def test_a_blessed_model_that_is_older_than_statistics(check, statistics_of):
    _, verdict = check(statistics_of(1))
    assert not verdict.compared
    assert "/model) have no statistics: it is older than this step" in verdict.reason
    assert verdict.model.endswith("/model")


def test_figures_of_another_version_are_not_compared(check, statistics_of):
    older = statistics_of(1, brightness=10.0, measures=MEASURES - 1)
    (Path(older.uri) / "photographs.jsonl").write_text('{"unknown field": 1}')
    _, verdict = check(statistics_of(2), older, stop=True)
    assert not verdict.compared
    assert "were measured by another version of this software" in verdict.reason


def test_no_drift(check, statistics_of):
    _, verdict = check(statistics_of(2), statistics_of(1), stop=True)
    assert (verdict.compared, verdict.judged, verdict.drifted) == (True, True, False)
    assert (verdict.reason, verdict.findings) == ("", ())
    assert len(verdict.features) == len(DriftConfig().features)
    assert (verdict.baseline.span, verdict.baseline.fingerprint) == (1, "f1")


def test_drift_is_told_and_the_run_goes_on(check, statistics_of):
    folder, verdict = check(statistics_of(2, brightness=120.0), statistics_of(1))
    assert verdict.drifted
    assert verdict.findings == (
        "brightness: mean 100.0, now 120.0, a shift of +20.0 levels (limit 15); "
        "Jensen-Shannon divergence 1.000 (limit 0.35)",
    )
    record = json.loads((folder / "drift.json").read_text())
    assert record["baseline"]["data"] == "/photos/<span>-1"
    [brightness] = [each for each in record["features"] if each["name"] == "brightness"]
    assert brightness["distance"] == pytest.approx(1)
    assert brightness["limit"] == 0.35
    anomalies = _anomalies(folder)
    assert list(anomalies.anomaly_info) == ["brightness"]


def test_drift_stops_a_run_that_is_to_stop(check, statistics_of):
    with pytest.raises(DriftedData) as raised:
        check(
            statistics_of(2, brightness=120.0, mask_area=0.3),
            statistics_of(1),
            stop=True,
        )
    message = str(raised.value)
    assert "/photos/<span>-2 (span 2)" in message
    assert "/photos/<span>-1 (span 1)" in message
    assert "brightness: mean 100.0, now 120.0, a shift of +20.0 levels (limit 15)" in message
    assert "mask area: mean 20.0%, now 30.0%, a shift of +50.0% of what it was" in message
    assert "--set drift.stop=false" in message


def test_too_few_cars_are_compared_and_not_judged(check, statistics_of):
    now = statistics_of(2, cars=19, brightness=150.0)
    _, verdict = check(now, statistics_of(1), stop=True)
    assert (verdict.compared, verdict.judged, verdict.drifted) == (True, False, False)
    assert "19 cars here and 20 there are too few" in verdict.reason
    assert verdict.features[0].shift == pytest.approx(50, abs=0.1)
    _, verdict = check(now, statistics_of(1), min_cars=19)
    assert verdict.drifted


def test_a_higher_limit_lets_pass(check, statistics_of):
    limits = {"max_brightness_shift": 30.0, "max_divergence": 1.0}
    _, verdict = check(statistics_of(2, brightness=120.0), statistics_of(1), **limits)
    assert not verdict.drifted


@pytest.mark.parametrize("unknown", [{"mask_area": None}, {"make": "", "model": "", "year": -1}])
def test_without_masks_or_metadata(check, statistics_of, unknown):
    features = (*DriftConfig().features, "make", "year")
    now = statistics_of(2, **unknown)
    _, verdict = check(now, statistics_of(1), features=features)
    assert verdict.judged
    assert not verdict.drifted


def test_no_photograph_on_a_side(check, statistics_of):
    for pair in ((2, 0), (0, 2)):
        _, verdict = check(*(statistics_of(1, cars=cars) for cars in pair))
        assert not verdict.compared
        assert "no photograph in /" in verdict.reason


def test_no_feature_to_compare(check, statistics_of):
    _, verdict = check(statistics_of(2), statistics_of(1), features=())
    assert verdict.reason == "drift.features names none"
