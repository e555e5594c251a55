"""A server that batches across requests, by a parameters file."""

import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import numpy as np
import pytest
import tensorflow as tf

from serving.server.services.rpc_services import PREDICTION_SERVICE
from tests.conformance.models import BATCH_TIMEOUT_S, MAX_BATCH_SIZE, MAX_ENQUEUED_BATCHES

TOO_LARGE = "Task size 5 is larger than maximum input batch size 4"
QUEUE_FULL = (
    "The batch scheduling queue to which this task was submitted is full; currently "
    f"{MAX_ENQUEUED_BATCHES} batches enqueued and max_enqueued_batches is {MAX_ENQUEUED_BATCHES}"
)
METRICS = "/monitoring/prometheus/metrics"
BATCHING = ":tensorflow:serving:batching_session:"


@pytest.fixture(scope="module")
def server(launch, exported):
    server = launch(
        f"--model_config_file={exported / 'batching_config.txt'}",
        f"--monitoring_config_file={exported / 'monitoring_config.txt'}",
        "--enable_batching",
        f"--batching_parameters_file={exported / 'batching_parameters.txt'}",
    )
    server.wait_until_it_listens()
    return server


@pytest.fixture(scope="module")
def batched_rest(server, open_rest):
    return open_rest(f"127.0.0.1:{server.rest_port}")


@pytest.fixture(scope="module")
def ask(server, open_channel, predict_request):
    stub = PREDICTION_SERVICE.stub(open_channel(f"127.0.0.1:{server.port}"))

    def ask(inputs, signature="serving_default"):
        request = predict_request("probe", inputs, signature=signature)
        return stub.Predict(request, timeout=60)

    return ask


@pytest.fixture
def metric(batched_rest):
    def total(name):
        lines = batched_rest.get(METRICS).text.splitlines()
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name + "{"))

    return total


def _x(count, start=0):
    return {"x": np.arange(start, start + count, dtype=np.float32)[:, None]}


def test_a_lone_request_waits_for_others_until_the_timeout(ask):
    ask(_x(1))
    begin = time.monotonic()
    reply = ask(_x(1, 7))
    elapsed = time.monotonic() - begin
    assert BATCH_TIMEOUT_S * 0.9 < elapsed < BATCH_TIMEOUT_S + 2
    # It was padded to the next allowed size, and the padding removed.
    np.testing.assert_array_equal(tf.make_ndarray(reply.outputs["y"]), [[7]])


def test_a_full_batch_does_not_wait(ask):
    ask(_x(MAX_BATCH_SIZE))
    begin = time.monotonic()
    ask(_x(MAX_BATCH_SIZE))
    assert time.monotonic() - begin < BATCH_TIMEOUT_S * 0.9


def test_requests_share_a_batch_and_get_their_own_rows(ask, metric):
    names = ("wrapped_run_count", "input_batch_size_count", "processed_batch_size_count")
    before = [metric(BATCHING + name) for name in names]
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda start: ask(_x(2, start)), (10, 20)))
    assert [tf.make_ndarray(reply.outputs["y"]).ravel().tolist() for reply in replies] == [
        [10, 11],
        [20, 21],
    ]
    runs, inputs, batches = (
        metric(BATCHING + name) - old for name, old in zip(names, before, strict=True)
    )
    assert (runs, inputs, batches) == (1, 2, 1)


def test_padding_is_counted(ask, metric):
    name = f"{BATCHING}padding_size_sum"
    before = metric(name)
    ask(_x(1))
    assert metric(name) - before == 1


def test_more_than_a_batch_is_refused(ask, refusal):
    assert refusal(ask, _x(5)) == ("INVALID_ARGUMENT", TOO_LARGE)


def test_more_than_a_batch_is_refused_over_rest(batched_rest):
    reply = batched_rest.post("/v1/models/probe:predict", json={"instances": [[1.0]] * 5})
    assert (reply.status_code, reply.json()) == (400, {"error": TOO_LARGE})


@pytest.fixture(scope="module")
def a_second_of_steps(ask):
    """How many steps keep the server busy for a second or so."""
    steps, seconds = 20_000, 0.0
    while seconds < 0.1:
        steps *= 3
        begin = time.monotonic()
        ask({"steps": np.full(MAX_BATCH_SIZE, steps, np.int64)}, "spin")
        seconds = time.monotonic() - begin
    return int(steps / seconds)


def test_a_full_queue_turns_requests_away(ask, batched_rest, a_second_of_steps):
    steps = [a_second_of_steps] * MAX_BATCH_SIZE

    def by_grpc(_):
        try:
            ask({"steps": np.int64(steps)}, "spin")
        except grpc.RpcError as error:
            return error.code().name, error.details()
        return "OK", ""

    def by_rest(_):
        body = {"signature_name": "spin", "instances": steps}
        reply = batched_rest.post("/v1/models/probe:predict", json=body)
        return reply.status_code, reply.json().get("error", "")

    with ThreadPoolExecutor(12) as pool:
        calls = [pool.submit(by_grpc if n % 2 else by_rest, n) for n in range(12)]
        answers = {call.result() for call in calls}
    assert {("UNAVAILABLE", QUEUE_FULL), (503, QUEUE_FULL)} <= answers
    assert answers - {("UNAVAILABLE", QUEUE_FULL), (503, QUEUE_FULL)} <= {("OK", ""), (200, "")}
    assert answers & {("OK", ""), (200, "")}
    # Whoever comes later is served.
    assert ask(_x(MAX_BATCH_SIZE)).outputs["y"].float_val[3] == 3
