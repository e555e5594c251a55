"""What holds for each loss that a config can name."""

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import LossName
from trainer.losses import make_loss

NAMES = get_args(LossName)


@pytest.fixture(params=NAMES)
def loss(request):
    return make_loss(request.param)


def random_batch(count=3, size=8):
    rng = np.random.default_rng(0)
    truth = np.zeros((count, size, size, 1), np.float32)
    for index in range(count):
        truth[index, 1 : 4 + index, 2:6] = 1.0
        truth[index, 1, 2:6] = 0.25  # A soft boundary.
    return truth, rng.normal(size=truth.shape).astype(np.float32)


def value_and_gradient(loss, truth, logits):
    logits = tf.Variable(logits)
    with tf.GradientTape() as tape:
        value = loss(truth, logits)
    return float(value), tf.cast(tape.gradient(value, logits), tf.float32).numpy()


@pytest.mark.parametrize("name", NAMES)
def test_a_loss_is_called_what_the_config_calls_it(name):
    assert make_loss(name).name == name


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "float64"])
def test_answers_in_float32_per_image(loss, dtype):
    truth, logits = random_batch()
    each = loss.call(tf.cast(truth, dtype), tf.cast(logits, dtype))
    assert each.shape == (3,)
    assert each.dtype == tf.float32
    # What is lost is the inputs' digits, none in between.
    rounded = loss.call(
        tf.cast(tf.cast(truth, dtype), tf.float32), tf.cast(tf.cast(logits, dtype), tf.float32)
    )
    np.testing.assert_array_equal(each, rounded)


def test_a_batch_costs_the_mean_of_its_images_in_any_order(loss):
    truth, logits = random_batch()
    each = loss.call(truth, logits).numpy()
    assert np.ptp(each) > 1e-3
    for index in range(3):
        alone = loss.call(truth[index : index + 1], logits[index : index + 1])
        np.testing.assert_allclose(alone, each[index : index + 1], rtol=1e-6)
    order = [2, 0, 1]
    np.testing.assert_allclose(loss.call(truth[order], logits[order]), each[order], rtol=1e-6)
    assert float(loss(truth, logits)) == pytest.approx(each.mean(), rel=1e-6)


def test_a_mirrored_photograph_costs_the_same(loss):
    truth, logits = random_batch()
    mirrored = loss.call(truth[:, :, ::-1], logits[:, :, ::-1])
    np.testing.assert_allclose(mirrored, loss.call(truth, logits), rtol=1e-5)


@pytest.mark.parametrize("size", [20.0, 40.0])
def test_a_perfect_prediction_costs_nothing(loss, size):
    truth, _ = random_batch()
    truth = np.round(truth)
    value, gradient = value_and_gradient(loss, truth, size * (2.0 * truth - 1.0))
    assert value == pytest.approx(0.0, abs=1e-6)
    np.testing.assert_allclose(gradient, 0.0, atol=1e-6)


def test_a_wrong_prediction_costs_more_the_surer_it_is(loss):
    truth, _ = random_batch()
    sides = 2.0 * np.round(truth) - 1.0
    values = [float(loss(truth, side * sides)) for side in (4.0, 1.0, 0.0, -1.0, -4.0)]
    assert (np.diff(values) > 0.1).all()


def test_the_gradient_points_to_the_truth(loss):
    truth, logits = random_batch()
    truth = np.round(truth)
    _, gradient = value_and_gradient(loss, truth, logits)
    wrong = (logits > 0) != (truth > 0.5)
    assert (np.sign(gradient) == 1.0 - 2.0 * truth)[wrong].all()


def test_the_gradient_is_that_of_differences(loss):
    truth, logits = random_batch(count=1, size=6)
    _, gradient = value_and_gradient(loss, truth, logits)
    for place in [(0, 0, 0, 0), (0, 1, 3, 0), (0, 2, 2, 0), (0, 5, 4, 0)]:
        step = np.zeros_like(logits)
        step[place] = 1e-3
        rise = float(loss(truth, logits + step)) - float(loss(truth, logits - step))
        assert gradient[place] == pytest.approx(rise / 2e-3, rel=1e-2, abs=5e-4)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0, "both"])
@pytest.mark.parametrize("logit", [-1e4, -100.0, 0.0, 100.0, 1e4])
def test_is_finite_with_finite_gradients(loss, dtype, truth, logit):
    shape = (1, 3, 3, 1)
    truths = np.eye(3).reshape(shape) if truth == "both" else np.full(shape, truth)
    value, gradient = value_and_gradient(
        loss, truths.astype(np.float32), tf.fill(shape, tf.cast(logit, dtype))
    )
    assert np.isfinite(value)
    assert value >= -1e-6
    assert np.isfinite(gradient).all()


def test_takes_batches_of_a_size_unknown_before(loss):
    truth, logits = random_batch()
    shape = tf.TensorSpec([None, 8, 8, 1], tf.float32)
    in_graph = tf.function(loss.call, input_signature=[shape, shape])
    np.testing.assert_allclose(in_graph(truth, logits), loss.call(truth, logits), rtol=1e-6)


def test_xla_compiles_it_and_its_gradient(loss):
    truth, logits = random_batch()
    compiled = tf.function(lambda logits: value_of(loss, truth, logits), jit_compile=True)
    value, gradient = compiled(tf.constant(logits))
    expected_value, expected_gradient = value_and_gradient(loss, truth, logits)
    assert float(value) == pytest.approx(expected_value, rel=1e-5)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-4, atol=1e-6)


def value_of(loss, truth, logits):
    with tf.GradientTape() as tape:
        tape.watch(logits)
        value = loss(truth, logits)
    return value, tape.gradient(value, logits)


def test_survives_being_saved(loss):
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is type(loss)
    assert copy.get_config() == loss.get_config()
    truth, logits = random_batch()
    np.testing.assert_array_equal(copy.call(truth, logits), loss.call(truth, logits))
