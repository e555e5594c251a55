"""Steps of a session: their time, their shapes and their errors."""

import threading

import numpy as np
import pytest
import tensorflow as tf

from serving.errors import ServingError, StatusCode
from serving.server.session_runner import SessionRunner, from_runtime


@pytest.fixture
def runner():
    """A session that adds, multiplies, divides and counts."""
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 1], name="x")
        n = tf.compat.v1.placeholder(tf.int64, [], name="n")
        tf.add(x, 1.0, name="sum")
        tf.multiply(x, 2.0, name="product")
        tf.math.floordiv(tf.constant(7, tf.int64), n, name="quotient")
        count = tf.while_loop(lambda i: i < n, lambda i: [i + 1], [tf.constant(0, tf.int64)])
        tf.identity(count, name="count")
    runner = SessionRunner(tf.compat.v1.Session(graph=graph))
    yield runner
    runner.close()


def test_values_come_by_tensor_name(runner):
    values = runner.run({"x:0": np.float32([[3]])}, ["product:0", "sum:0"])
    assert set(values) == {"product:0", "sum:0"}
    assert (values["product:0"], values["sum:0"]) == (6, 4)


@pytest.mark.parametrize("timeout_s", [None, 20.0])
@pytest.mark.parametrize("shape", [(), (2,), (2, 3)])
def test_no_shape_is_held_against_a_placeholder(runner, shape, timeout_s):
    values = runner.run({"x:0": np.ones(shape, np.float32)}, ["sum:0"], timeout_s)
    np.testing.assert_array_equal(values["sum:0"], np.full(shape, 2))


def test_different_steps_of_odd_shapes_are_kept_apart(runner):
    odd = {"x:0": np.float32(3)}
    assert runner.run(odd, ["sum:0"]) == {"sum:0": 4}
    assert runner.run(odd, ["product:0"]) == {"product:0": 6}
    assert runner.run(odd, ["sum:0"]) == {"sum:0": 4}


def test_a_step_ends_with_its_time_and_the_next_one_runs(runner):
    with pytest.raises(ServingError) as caught:
        runner.run({"n:0": np.int64(10**9)}, ["count:0"], timeout_s=0.05)
    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
    assert runner.run({"n:0": np.int64(3)}, ["count:0"], timeout_s=20) == {"count:0": 3}


def test_time_that_is_almost_over_is_a_limit_too(runner):
    with pytest.raises(ServingError, match="DEADLINE_EXCEEDED"):
        runner.run({"n:0": np.int64(10**9)}, ["count:0"], timeout_s=1e-9)


def test_an_error_has_the_text_of_the_runtime(runner):
    with pytest.raises(ServingError, match="by zero") as caught:
        runner.run({"n:0": np.int64(0)}, ["quotient:0"])
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert "node quotient" in caught.value.message
    # What Session.run adds for whoever wrote the graph.
    for added in ("Traceback", "Detected at", "defined at", __file__):
        assert added not in caught.value.message


def test_an_error_that_python_did_not_add_to_is_kept():
    error = tf.errors.DataLossError(None, None, "damaged")
    assert str(from_runtime(error)) == "DATA_LOSS: damaged"
    error.__context__ = tf.errors.NotFoundError(None, None, "another matter")
    assert str(from_runtime(error)) == "DATA_LOSS: damaged"


def test_steps_run_side_by_side(runner):
    together = threading.Barrier(4, timeout=10)
    answers = []

    def run(value):
        together.wait()
        answers.append(runner.run({"x:0": np.float32([[value]])}, ["sum:0"])["sum:0"].item())

    threads = [threading.Thread(target=run, args=(value,)) for value in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(answers) == [1, 2, 3, 4]
