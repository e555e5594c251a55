"""Requests of several clients in one run: each gets its own rows, and its own errors only."""

import threading
import time
from concurrent import futures

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode
from serving.server.batching.batch_scheduler import BatchScheduler
from serving.server.batching.batched_servable import BatchedServable
from serving.server.batching.batching_parameters import BatchingParameters
from serving.server.metrics import ServerMetrics
from serving.server.servable import Servable

FOR_EVER = 10**12
POISON = -1.0


def _signature(inputs, outputs):
    signature = meta_graph_pb2.SignatureDef()
    for alias in inputs:
        signature.inputs[alias].name = f"{alias}:0"
        signature.inputs[alias].dtype = types_pb2.DT_FLOAT
    for alias in outputs:
        signature.outputs[alias].name = f"{alias}:0"
    return signature


class _Model:
    """Answers x + 100 k for the k-th dimension that x has, and fails where a row is poisoned."""

    version = 7

    def __init__(self):
        self.signatures = {
            "serving_default": _signature("x", "yz"),
            "pair": _signature("ab", ["sum", "total"]),
        }
        self.signature_defs = {**self.signatures, "__saved_model_init_op": _signature("", "")}
        self.runs = []
        self.timeouts = []
        self.is_closed = False

    def predict(self, inputs, signature_name="serving_default", output_filter=(), timeout_s=None):
        self.timeouts.append(timeout_s)
        if signature_name not in self.signatures:
            raise ServingError(StatusCode.FAILED_PRECONDITION, f"no signature {signature_name}")
        if self.is_closed:
            raise ServingError(StatusCode.FAILED_PRECONDITION, "Version 7 is closed.")
        first = next(iter(inputs.values()))
        self.runs.append((signature_name, tuple(output_filter), first.shape))
        if any(np.any(array == POISON) for array in inputs.values()):
            bad = np.flatnonzero((first == POISON).reshape(len(first), -1).any(axis=1)).tolist()
            raise ServingError(StatusCode.INVALID_ARGUMENT, f"rows {bad} cannot be read")
        outputs = {}
        if signature_name == "pair":
            outputs = {"sum": inputs["a"] + inputs["b"], "total": np.sum(inputs["a"])}
        else:
            outputs = {"y": inputs["x"] + 100 * inputs["x"].ndim, "z": -inputs["x"]}
        return {alias: outputs[alias] for alias in (output_filter or outputs)}

    def close(self):
        self.is_closed = True

    @property
    def sizes(self):
        return [shape[0] if shape else None for _, _, shape in self.runs]


@pytest.fixture
def batched():
    """Wraps models, and closes them after the test."""
    made = []

    def wrap(model=None, **parameters):
        parameters.setdefault("num_batch_threads", 2)
        metrics = ServerMetrics()
        model = model or _Model()
        servable = BatchedServable(model, BatchingParameters(**parameters), metrics)
        servable.model, servable.metrics = model, metrics
        made.append(servable)
        return servable

    yield wrap
    for servable in made:
        servable.close()


def _column(*values):
    return np.array(values, np.float32)[:, None]


def _ask(servable, inputs, *arguments):
    """Sends requests side by side; returns answers and errors in their order."""

    def one(arrays):
        try:
            return servable.predict(arrays, *arguments)
        except ServingError as error:
            return error

    with futures.ThreadPoolExecutor(len(inputs)) as pool:
        return list(pool.map(one, inputs))


def test_requests_share_a_run_and_each_gets_its_own_rows(batched):
    servable = batched(max_batch_size=6, batch_timeout_micros=FOR_EVER)
    requests = [_column(1), _column(2, 3), _column(4, 5, 6)]
    answers = _ask(servable, [{"x": x} for x in requests])
    assert servable.model.sizes == [6]
    for x, answer in zip(requests, answers, strict=True):
        np.testing.assert_array_equal(answer["y"], x + 200)
        np.testing.assert_array_equal(answer["z"], -x)


@pytest.mark.parametrize(
    ("requests", "runs"),
    [
        ([(1,), (2, 3), (POISON,), (4, 5)], [6, 1, 2, 1, 2]),
        ([(1,), (2, 3), (POISON,), (4, POISON)], [6, 1, 2, 1, 2]),
    ],
)
def test_a_poisoned_request_fails_alone(batched, requests, runs):
    servable = batched(max_batch_size=6, batch_timeout_micros=FOR_EVER)
    answers = _ask(servable, [{"x": _column(*rows)} for rows in requests])
    assert sorted(servable.model.sizes) == sorted(runs)
    for rows, answer in zip(requests, answers, strict=True):
        if POISON in rows:
            assert answer.code is StatusCode.INVALID_ARGUMENT
            assert answer.message == f"rows [{rows.index(POISON)}] cannot be read"
        else:
            np.testing.assert_array_equal(answer["y"], _column(*rows) + 200)


def test_a_poisoned_request_that_is_alone_is_run_once(batched):
    servable = batched()
    with pytest.raises(ServingError, match="cannot be read"):
        servable.predict({"x": _column(POISON)})
    assert servable.model.sizes == [1]


def test_an_error_nobody_foresaw_reaches_its_request_only(batched):
    class Buggy(_Model):
        def predict(self, inputs, *arguments):
            if 3 in inputs["x"]:
                raise ZeroDivisionError("three")
            return super().predict(inputs, *arguments)

    servable = batched(Buggy(), max_batch_size=2, batch_timeout_micros=FOR_EVER)
    with futures.ThreadPoolExecutor(2) as pool:
        bad = pool.submit(servable.predict, {"x": _column(3)})
        good = pool.submit(servable.predict, {"x": _column(4)})
        assert good.result(timeout=10)["y"].tolist() == [[204]]
        with pytest.raises(ZeroDivisionError, match="three"):
            bad.result(timeout=10)


def test_a_batch_is_filled_up_and_the_padding_cut_off(batched):
    servable = batched(max_batch_size=8, allowed_batch_sizes=(4, 8))
    answer = servable.predict({"x": _column(1, 2, 3)})
    assert servable.model.sizes == [4]
    assert answer["y"].tolist() == [[201], [202], [203]]
    page = servable.metrics.render()
    prefix = ":tensorflow:serving:batching_session:"
    for line in (
        f"{prefix}padding_size_sum{{}} 1",
        f"{prefix}processed_batch_size_sum{{}} 4",
        f"{prefix}input_batch_size_sum{{}} 3",
        f"{prefix}wrapped_run_count{{}} 1",
    ):
        assert line in page.splitlines()


def test_a_padded_request_that_fails_has_its_own_error(batched):
    servable = batched(max_batch_size=4, allowed_batch_sizes=(4,))
    with pytest.raises(ServingError, match=r"rows \[0\] cannot"):
        servable.predict({"x": _column(POISON, 2)})


def test_metrics_name_the_pool_and_count_every_run(batched):
    servable = batched(max_batch_size=3, batch_timeout_micros=FOR_EVER, thread_pool_name="pool")
    _ask(servable, [{"x": _column(value)} for value in (1, POISON, 2)])
    page = servable.metrics.render().splitlines()
    prefix = ":tensorflow:serving:batching_session:"
    assert f'{prefix}queuing_latency_count{{thread_pool_name="pool"}} 3' in page
    assert f"{prefix}wrapped_run_count{{}} 4" in page
    assert f"{prefix}input_batch_size_count{{}} 3" in page


@pytest.mark.parametrize("pads", [False, True])
def test_what_must_not_share_a_run_does_not(batched, pads):
    servable = batched(batch_timeout_micros=50_000, pad_variable_length_inputs=pads)
    requests = [
        ({"x": _column(1)}, "serving_default", ()),
        ({"x": _column(2)}, "serving_default", ("y",)),
        ({"x": np.full((1, 2, 3), 4, np.float32)}, "serving_default", ()),
        ({"a": _column(5), "b": _column(6)}, "pair", ("sum",)),
    ]
    if not pads:
        requests.append(({"x": np.full((1, 2), 3, np.float32)}, "serving_default", ()))
    with futures.ThreadPoolExecutor(len(requests)) as pool:
        pending = [pool.submit(servable.predict, *request) for request in requests]
        answers = [each.result(timeout=10) for each in pending]
    assert servable.model.sizes == [1] * len(requests)
    assert answers[0]["y"] == 201
    assert set(answers[1]) == {"y"}
    assert answers[2]["y"].tolist() == [[[304] * 3] * 2]
    assert answers[3]["sum"] == 11


def test_shapes_are_padded_to_share_a_run_if_so_wanted(batched):
    servable = batched(
        max_batch_size=2, batch_timeout_micros=FOR_EVER, pad_variable_length_inputs=True
    )
    narrow, wide = _ask(servable, [{"x": _column(1)}, {"x": np.array([[2, 3]], np.float32)}])
    assert servable.model.runs[0][2] == (2, 2)
    assert narrow["y"].tolist() == [[201, 201]]
    assert wide["y"].tolist() == [[202, 203]]


def test_the_same_outputs_in_another_order_share_a_run(batched):
    servable = batched(max_batch_size=3, batch_timeout_micros=FOR_EVER)
    filters = [("y", "z"), ("z", "y"), ()]
    with futures.ThreadPoolExecutor(3) as pool:
        pending = [
            pool.submit(servable.predict, {"x": _column(value)}, "serving_default", wanted)
            for value, wanted in enumerate(filters)
        ]
        answers = [each.result(timeout=10) for each in pending]
    assert servable.model.sizes == [3]
    assert [answer["z"].item() for answer in answers] == [0, -1, -2]


def test_inputs_in_another_order_share_a_run(batched):
    servable = batched(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    requests = [{"a": _column(1), "b": _column(2)}, {"b": _column(3), "a": _column(4)}]
    answers = _ask(servable, requests, "pair", ("sum",))
    assert servable.model.sizes == [2]
    assert [answer["sum"].item() for answer in answers] == [3, 7]


@pytest.mark.parametrize(
    ("inputs", "signature", "expected"),
    [
        ({"x": np.float32(5)}, "serving_default", {"y": 5.0, "z": -5.0}),
        ({"x": np.zeros((0, 1), np.float32)}, "serving_default", {"y": [], "z": []}),
        (
            {"a": np.ones((2, 1), np.float32), "b": np.ones((1, 3), np.float32)},
            "pair",
            {"sum": [[2, 2, 2]] * 2, "total": 2.0},
        ),
    ],
)
def test_what_has_no_common_first_dimension_is_answered_at_once(
    batched, inputs, signature, expected
):
    servable = batched(batch_timeout_micros=FOR_EVER)
    answer = servable.predict(inputs, signature)
    assert {alias: array.tolist() for alias, array in answer.items()} == expected
    assert "input_batch_size_count" not in servable.metrics.render()


def test_outputs_that_cannot_be_taken_apart_come_from_runs_of_their_own(batched):
    servable = batched(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    requests = [{"a": _column(value), "b": _column(1)} for value in (4, 5)]
    answers = _ask(servable, requests, "pair")
    assert [answer["total"] for answer in answers] == [4, 5]
    assert [answer["sum"].item() for answer in answers] == [5, 6]
    assert servable.model.sizes == [2, 1, 1]


@pytest.mark.parametrize(
    ("inputs", "arguments", "code", "message"),
    [
        ({}, (), StatusCode.INVALID_ARGUMENT, "input size does not match signature"),
        (
            {"x": np.ones((1, 1), np.int64)},
            (),
            StatusCode.INVALID_ARGUMENT,
            r"Expects arg\[0\] to be float but int64",
        ),
        (
            {"x": _column(1)},
            ("serving_default", ("q",)),
            StatusCode.INVALID_ARGUMENT,
            "output tensor alias not found in signature: q",
        ),
        ({"x": _column(1)}, ("nosuch",), StatusCode.FAILED_PRECONDITION, "no signature nosuch"),
        (
            {"x": np.ones((4, 1), np.float32)},
            (),
            StatusCode.INVALID_ARGUMENT,
            "^INVALID_ARGUMENT: Task size 4 is larger than maximum input batch size 3$",
        ),
    ],
)
def test_a_request_that_makes_no_sense_does_not_queue(batched, inputs, arguments, code, message):
    servable = batched(max_batch_size=3, batch_timeout_micros=FOR_EVER)
    with pytest.raises(ServingError, match=message) as caught:
        servable.predict(inputs, *arguments)
    assert caught.value.code is code
    assert servable.model.runs == []


def test_a_full_queue_turns_requests_away_and_answers_those_it_took(batched):
    entered, gate = threading.Event(), threading.Event()

    class Slow(_Model):
        def predict(self, *arguments):
            entered.set()
            assert gate.wait(timeout=10)
            return super().predict(*arguments)

    servable = batched(Slow(), max_batch_size=1, max_enqueued_batches=2, num_batch_threads=1)
    with futures.ThreadPoolExecutor(4) as pool:
        running = pool.submit(servable.predict, {"x": _column(0)})
        assert entered.wait(timeout=10)
        others = [pool.submit(servable.predict, {"x": _column(1)}) for _ in range(3)]
        done, waiting = futures.wait(others, timeout=10, return_when=futures.FIRST_COMPLETED)
        gate.set()
        assert running.result(timeout=10)["y"].item() == 200
        assert [each.result(timeout=10)["y"].item() for each in waiting] == [201, 201]
    [turned_away] = done
    with pytest.raises(ServingError, match="queue .* is full; currently 2 batches") as caught:
        turned_away.result()
    assert caught.value.code is StatusCode.UNAVAILABLE


def test_a_lone_request_waits_for_company(batched):
    servable = batched(batch_timeout_micros=200_000)
    started = time.monotonic()
    servable.predict({"x": _column(1)})
    assert 0.2 <= time.monotonic() - started < 1.5


def test_a_large_request_is_split_and_put_together_again(batched):
    servable = batched(
        max_batch_size=10,
        max_execution_batch_size=4,
        enable_large_batch_splitting=True,
        allowed_batch_sizes=(3, 4, 10),
    )
    x = np.arange(10, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(servable.predict({"x": x})["y"], x + 200)
    assert sorted(servable.model.sizes) == [3, 4, 4]


def test_a_large_request_fails_if_one_of_its_parts_does(batched):
    servable = batched(
        max_batch_size=6, max_execution_batch_size=2, enable_large_batch_splitting=True
    )
    with pytest.raises(ServingError, match=r"rows \[1\] cannot"):
        servable.predict({"x": _column(1, 2, 3, POISON, 5, 6)})


def test_it_shows_what_the_model_shows(batched):
    servable = batched()
    assert servable.version == 7
    assert servable.signatures is servable.model.signatures
    assert servable.signature_defs is servable.model.signature_defs


def test_closing_answers_what_waits_and_closes_the_model(batched):
    servable = batched(max_batch_size=4, batch_timeout_micros=FOR_EVER, thread_pool_name="closing")
    with futures.ThreadPoolExecutor(1) as pool:
        pending = pool.submit(servable.predict, {"x": _column(1)})
        while not servable._queues:
            time.sleep(0.001)
        time.sleep(0.02)
        servable.close()
        assert pending.result(timeout=10)["y"].item() == 201
    assert servable.model.is_closed
    assert not [each for each in threading.enumerate() if each.name.startswith("closing")]
    with pytest.raises(ServingError, match="Version 7 is closed"):
        servable.predict({"x": _column(1)})


def test_models_share_a_scheduler_and_do_not_close_it(batched):
    scheduler = BatchScheduler(1)
    parameters = BatchingParameters(max_batch_size=2)
    first, second = (
        BatchedServable(_Model(), parameters, ServerMetrics(), scheduler) for _ in range(2)
    )
    first.close()
    assert second.predict({"x": _column(1)})["y"].item() == 201
    second.close()
    scheduler.close()


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_whatever_comes_each_gets_its_own_answer(batched, data):
    """Random requests, some poisoned, from several clients; random parameters."""
    max_batch_size = data.draw(st.integers(2, 9), label="max_batch_size")
    splits = data.draw(st.booleans(), label="splits")
    servable = batched(
        max_batch_size=max_batch_size,
        batch_timeout_micros=data.draw(st.sampled_from([0, 200, 3000]), label="timeout"),
        max_enqueued_batches=100,
        num_batch_threads=data.draw(st.integers(1, 3), label="threads"),
        allowed_batch_sizes=data.draw(
            st.sets(st.integers(1, max_batch_size - 1)).map(lambda s: (*sorted(s), max_batch_size))
            | st.just(()),
            label="allowed",
        ),
        enable_large_batch_splitting=splits,
        max_execution_batch_size=data.draw(st.integers(1, max_batch_size)) if splits else None,
        pad_variable_length_inputs=False,
    )
    row = st.integers(0, 999) | st.sampled_from([int(POISON), 5])
    requests = data.draw(
        st.lists(
            st.tuples(st.lists(row, min_size=1, max_size=max_batch_size), st.integers(1, 2)),
            min_size=1,
            max_size=16,
        ),
        label="requests",
    )
    inputs = [
        {"x": np.repeat(np.array(rows, np.float32)[:, None], width, axis=1)}
        for rows, width in requests
    ]
    answers = _ask(servable, inputs)
    for arrays, answer in zip(inputs, answers, strict=True):
        if (arrays["x"] == POISON).any():
            assert answer.code is StatusCode.INVALID_ARGUMENT
        else:
            np.testing.assert_array_equal(answer["y"], arrays["x"] + 200)
    assert max(servable.model.sizes) <= max_batch_size
    servable.close()


def test_a_bad_photograph_in_a_batch_of_a_real_model(batched, mask_model, photograph):
    servable = batched(
        Servable.load(mask_model, version=3), max_batch_size=4, batch_timeout_micros=FOR_EVER
    )
    files = [photograph(24, 16), b"no picture\0", photograph(10, 12, ".jpg"), photograph(8, 8)]
    answers = _ask(servable, [{"image_bytes": np.array([file], object)} for file in files])
    assert answers[1].code is StatusCode.INVALID_ARGUMENT
    shapes = [
        cv2.imdecode(np.frombuffer(answer["mask_png_bytes"][0], np.uint8), -1).shape
        for answer in answers[:1] + answers[2:]
    ]
    assert shapes == [(16, 24), (12, 10), (8, 8)]


def test_a_batch_runs_as_long_as_its_most_patient_caller_waits(batched):
    servable = batched(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    with futures.ThreadPoolExecutor(2) as pool:
        for timeout_s in (20.0, 60.0):
            pool.submit(servable.predict, {"x": _column(1)}, timeout_s=timeout_s)
    [patience] = servable.model.timeouts
    assert 40 < patience < 60


def test_a_caller_without_a_deadline_lets_the_batch_run(batched):
    servable = batched(max_batch_size=2, batch_timeout_micros=FOR_EVER)
    with futures.ThreadPoolExecutor(2) as pool:
        for timeout_s in (20.0, None):
            pool.submit(servable.predict, {"x": _column(1)}, timeout_s=timeout_s)
    assert servable.model.timeouts == [None]


def test_what_everybody_gave_up_in_the_queue_is_not_run(batched):
    servable = batched(max_batch_size=2, batch_timeout_micros=50_000)
    with pytest.raises(ServingError) as caught:
        servable.predict({"x": _column(1)}, timeout_s=0.001)
    assert caught.value.code is StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.message == "Run() timeout exceeded while waiting in batching queue"
    assert servable.model.sizes == []
    assert "wrapped_run_count{}" not in servable.metrics.render()


def test_what_is_answered_alone_has_its_deadline_too(batched):
    servable = batched()
    servable.predict({"x": np.float32(1)}, timeout_s=20.0)
    assert servable.model.timeouts == [20.0]
