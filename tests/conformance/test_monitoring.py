"""The page that Prometheus scrapes: names, labels, buckets."""

import re

import numpy as np
import pytest

PATH = "/monitoring/prometheus/metrics"
SERVING = ":tensorflow:serving:"
SAMPLE = re.compile(r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\{(?P<labels>.*)\} (?P<value>\S+)")
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@pytest.fixture
def samples(rest):
    """Reads the page; returns the values of one metric that carry certain labels, summed."""

    def read(name, **labels):
        total = 0.0
        for line in rest.get(PATH).text.splitlines():
            sample = SAMPLE.fullmatch(line)
            if sample and sample["name"] == name:
                found = dict(LABEL.findall(sample["labels"]))
                if labels.items() <= found.items():
                    total += float(sample["value"])
        return total

    return read


def test_the_page(rest, predict):
    predict()
    page = rest.get(PATH)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/plain")
    lines = page.text.splitlines()
    assert not any(line.startswith("# HELP") for line in lines)
    for line in lines:
        assert line.startswith("# TYPE ") or SAMPLE.fullmatch(line), line


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (f"{SERVING}request_count", "counter"),
        (f"{SERVING}request_latency", "histogram"),
        (f"{SERVING}runtime_latency", "histogram"),
        (f"{SERVING}request_example_counts", "histogram"),
        (f"{SERVING}request_example_count_total", "counter"),
        (f"{SERVING}request_log_count", "counter"),
        (f"{SERVING}model_warmup_latency", "histogram"),
        (f"{SERVING}batching_session:queuing_latency", "histogram"),
        (f"{SERVING}batching_session:wrapped_run_count", "counter"),
        (":tensorflow:cc:saved_model:load_attempt_count", "counter"),
        (":tensorflow:cc:saved_model:load_latency", "counter"),
    ],
)
def test_names(rest, name, kind):
    assert f"# TYPE {name} {kind}" in rest.get(PATH).text.splitlines()


def test_requests_are_counted_by_model_and_status(samples, predict):
    before = samples(f"{SERVING}request_count", model_name="half_plus_two", status="OK")
    predict()
    predict()
    after = samples(f"{SERVING}request_count", model_name="half_plus_two", status="OK")
    assert after - before == 2


@pytest.mark.parametrize(
    ("wrong", "labels"),
    [
        ({"model": "no_such_model"}, {"model_name": "no_such_model", "status": "NOT_FOUND"}),
        (
            {"inputs": {"x": np.int64([[1]])}},
            {"model_name": "half_plus_two", "status": "INVALID_ARGUMENT"},
        ),
    ],
    ids=["unknown model", "bad request"],
)
def test_refused_requests_are_counted_too(samples, predict, refusal, wrong, labels):
    before = samples(f"{SERVING}request_count", **labels)
    refusal(predict, **wrong)
    assert samples(f"{SERVING}request_count", **labels) - before == 1


def test_latency_of_a_grpc_request(samples, predict):
    labels = {"model_name": "half_plus_two", "API": "Predict", "entrypoint": "GRPC"}
    count = f"{SERVING}request_latency_count"
    before = samples(count, **labels), samples(f"{SERVING}request_latency_sum", **labels)
    predict()
    assert samples(count, **labels) - before[0] == 1
    microseconds = samples(f"{SERVING}request_latency_sum", **labels) - before[1]
    assert 10 < microseconds < 10e6


def test_latency_of_a_rest_request(samples, rest):
    labels = {"model_name": "half_plus_two", "API": "predict", "entrypoint": "REST"}
    before = samples(f"{SERVING}request_latency_count", **labels)
    rest.post("/v1/models/half_plus_two:predict", json={"instances": [[1.0]]})
    assert samples(f"{SERVING}request_latency_count", **labels) - before == 1


def test_latency_of_the_runtime(samples, predict, rest):
    labels = {"model_name": "half_plus_two", "API": "Predict"}
    before = samples(f"{SERVING}runtime_latency_count", **labels)
    predict()
    rest.post("/v1/models/half_plus_two:predict", json={"instances": [[1.0]]})
    assert samples(f"{SERVING}runtime_latency_count", **labels) - before == 2


def test_the_buckets_of_a_latency(rest, predict):
    predict()
    bounds = []
    for line in rest.get(PATH).text.splitlines():
        sample = SAMPLE.fullmatch(line)
        if sample and sample["name"] == f"{SERVING}request_latency_bucket":
            labels = dict(LABEL.findall(sample["labels"]))
            if labels["model_name"] == "half_plus_two" and labels["API"] == "Predict":
                bounds.append((labels["le"], float(sample["value"])))
    assert [bound for bound, _ in bounds[:3]] == ["10", "18", "32.4"]
    assert bounds[-1][0] == "+Inf"
    limits = [float(bound) for bound, _ in bounds[:-1]]
    np.testing.assert_allclose(limits, 10 * 1.8 ** np.arange(33), rtol=1e-5)
    counts = [count for _, count in bounds]
    assert counts == sorted(counts)
    assert counts[-1] > 0


def test_loads_are_counted(samples, served):
    labels = {"model_path": str(served / "probe" / "1"), "status": "success"}
    assert samples(":tensorflow:cc:saved_model:load_attempt_count", **labels) == 1
    path = {"model_path": str(served / "probe" / "1")}
    assert samples(":tensorflow:cc:saved_model:load_latency", **path) > 0


def test_warmup_is_counted(samples, served):
    path = {"model_path": str(served / "warmed" / "1")}
    assert samples(f"{SERVING}model_warmup_latency_count", **path) == 1
