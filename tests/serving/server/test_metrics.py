"""The metrics page: TensorFlow Serving's names and labels, and what fills them."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from serving.errors import StatusCode
from serving.server.metrics import ServerMetrics


@pytest.fixture
def metrics():
    return ServerMetrics()


def _samples(metrics):
    """The samples by name and labels, as Prometheus' own parser reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.render())
        for sample in family.samples
    }


def test_every_metric_is_announced_in_alphabetical_order_and_without_help(metrics):
    serving, loading = ":tensorflow:serving:", ":tensorflow:cc:saved_model:"
    assert metrics.render().splitlines() == [
        f"# TYPE {loading}load_attempt_count counter",
        f"# TYPE {loading}load_latency counter",
        f"# TYPE {serving}batching_session:input_batch_size histogram",
        f"# TYPE {serving}batching_session:padding_size histogram",
        f"# TYPE {serving}batching_session:processed_batch_size histogram",
        f"# TYPE {serving}batching_session:queuing_latency histogram",
        f"# TYPE {serving}batching_session:wrapped_run_count counter",
        f"# TYPE {serving}model_warmup_latency histogram",
        f"# TYPE {serving}model_warmup_records_read counter",
        f"# TYPE {serving}request_count counter",
        f"# TYPE {serving}request_example_count_total counter",
        f"# TYPE {serving}request_example_counts histogram",
        f"# TYPE {serving}request_latency histogram",
        f"# TYPE {serving}request_log_count counter",
        f"# TYPE {serving}runtime_latency histogram",
    ]


def test_requests_are_counted_by_model_and_status(metrics):
    metrics.count_request("mask", StatusCode.OK)
    metrics.count_request("mask", StatusCode.OK)
    metrics.count_request("nope", StatusCode.NOT_FOUND)
    page = metrics.render()
    assert ':tensorflow:serving:request_count{model_name="mask",status="OK"} 2\n' in page
    assert ':tensorflow:serving:request_count{model_name="nope",status="NOT_FOUND"} 1\n' in page


def test_latencies_have_the_real_buckets(metrics):
    metrics.observe_request("mask", "predict", "REST", 700_000)
    metrics.observe_runtime("mask", "Predict", "TF1", 5)
    page = metrics.render()
    labels = 'model_name="mask",API="predict",entrypoint="REST"'
    buckets = re.findall(rf'request_latency_bucket{{{labels},le="(.*)"}} (\d)', page)
    # 10 * 1.8^k microseconds to six digits; dashboards ask for le="708235".
    assert [limit for limit, _ in buckets[:4]] == ["10", "18", "32.4", "58.32"]
    assert dict(buckets)["393464"] == "0"
    assert dict(buckets)["708235"] == "1"
    assert len(buckets) == 34
    assert buckets[-2:] == [("1.47476e+09", "1"), ("+Inf", "1")]
    labels = 'model_name="mask",API="Predict",runtime="TF1"'
    assert f':tensorflow:serving:runtime_latency_bucket{{{labels},le="10"}} 1\n' in page
    assert f":tensorflow:serving:runtime_latency_sum{{{labels}}} 5\n" in page


def test_loads_and_warm_ups_are_told_by_path(metrics):
    metrics.count_load("/models/mask/1", StatusCode.OK)
    metrics.count_load("/models/mask/1", StatusCode.DATA_LOSS)
    metrics.observe_load("/models/mask/1", 1234.6)
    metrics.observe_warmup("/models/mask/1", StatusCode.OK, 7, 50)
    samples = _samples(metrics)
    path = ("model_path", "/models/mask/1")
    loading = ":tensorflow:cc:saved_model:"
    assert samples[f"{loading}load_attempt_count_total", (path, ("status", "success"))] == 1
    assert samples[f"{loading}load_attempt_count_total", (path, ("status", "fail"))] == 1
    assert samples[f"{loading}load_latency_total", (path,)] == 1235
    serving = ":tensorflow:serving:model_warmup_"
    assert samples[f"{serving}latency_sum", (path, ("status", "OK"))] == 50
    assert samples[f"{serving}records_read_total", (path,)] == 7


def test_batches(metrics):
    metrics.observe_input_batch(3)
    metrics.observe_batch(8, padding=2)
    metrics.observe_queuing("pool", 150)
    samples = _samples(metrics)
    batching = ":tensorflow:serving:batching_session:"
    assert samples[f"{batching}input_batch_size_bucket", (("le", "2"),)] == 0
    assert samples[f"{batching}input_batch_size_bucket", (("le", "4"),)] == 1
    assert samples[f"{batching}input_batch_size_sum", ()] == 3
    assert samples[f"{batching}processed_batch_size_sum", ()] == 8
    assert samples[f"{batching}padding_size_sum", ()] == 2
    assert samples[f"{batching}wrapped_run_count_total", ()] == 1
    assert samples[f"{batching}queuing_latency_sum", (("thread_pool_name", "pool"),)] == 150


def test_prometheus_reads_names_that_clients_made_up(metrics):
    name = 'a"b\\c\nd{e="f"}'
    metrics.count_request(name, StatusCode.NOT_FOUND)
    key = ":tensorflow:serving:request_count_total"
    assert _samples(metrics)[key, (("model_name", name), ("status", "NOT_FOUND"))] == 1
