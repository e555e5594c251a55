import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.losses import BceDiceLoss


def loss_and_gradient(truth, logits):
    logits = tf.Variable(np.asarray(logits, np.float32).reshape(1, 1, -1, 1))
    truth = np.asarray(truth, np.float32).reshape(1, 1, -1, 1)
    with tf.GradientTape() as tape:
        loss = BceDiceLoss()(truth, logits)
    return float(loss), tape.gradient(loss, logits).numpy().ravel()


def test_value_by_hand():
    # Two pixels at probability one half: cross-entropy ln 2 each; soft Dice with one pixel of
    # smoothing (2 * 0.5 + 1) / (1 + 0.5 + 1) = 0.8.
    loss, _ = loss_and_gradient([1.0, 0.0], [0.0, 0.0])
    assert loss == pytest.approx(np.log(2.0) + 1.0 - 0.8, abs=1e-6)


def test_soft_truth_by_hand():
    # p = sigmoid(ln 3) = 0.75 for a truth of 0.25.
    cross_entropy = -(0.25 * np.log(0.75) + 0.75 * np.log(0.25))
    dice = (2 * 0.25 * 0.75 + 1) / (0.25**2 + 0.75**2 + 1)
    loss, _ = loss_and_gradient([0.25], [np.log(3.0)])
    assert loss == pytest.approx(cross_entropy + 1 - dice, abs=1e-6)


def test_perfect_prediction_costs_nothing():
    loss, _ = loss_and_gradient([1.0, 0.0, 0.0], [40.0, -40.0, -40.0])
    assert loss == pytest.approx(0.0, abs=1e-6)


def test_images_weigh_alike_whatever_the_size_of_their_cars():
    rng = np.random.default_rng(0)
    truth = (rng.random((2, 4, 4, 1)) > [[[[0.2]]], [[[0.8]]]]).astype(np.float32)
    logits = rng.normal(size=(2, 4, 4, 1)).astype(np.float32)
    each = [float(BceDiceLoss()(truth[i : i + 1], logits[i : i + 1])) for i in range(2)]
    assert each[0] != pytest.approx(each[1], abs=1e-3)
    assert float(BceDiceLoss()(truth, logits)) == pytest.approx(np.mean(each), abs=1e-6)


@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("logit", [-1e4, -100.0, 0.0, 100.0, 1e4])
def test_is_finite_with_finite_gradients(truth, logit):
    loss, gradient = loss_and_gradient(np.full(9, truth), np.full(9, logit))
    # The cross-entropy of a wrong answer is the logit itself.
    wrong = max(logit, 0.0) - logit * truth
    assert wrong - 1e-3 <= loss <= wrong + np.log(2.0) + 1.0
    assert np.isfinite(gradient).all()


def test_gradient_points_towards_the_truth():
    _, gradient = loss_and_gradient([1.0, 0.0, 1.0, 0.0], [-3.0, 3.0, 0.1, -0.1])
    assert (np.sign(gradient) == [-1, 1, -1, 1]).all()


def test_gradient_vanishes_at_a_soft_truth():
    _, gradient = loss_and_gradient([0.75], [np.log(3.0)])
    np.testing.assert_allclose(gradient, 0.0, atol=1e-6)


def test_survives_being_saved():
    copy = keras.losses.deserialize(keras.losses.serialize(BceDiceLoss()))
    truth, logits = np.ones((1, 2, 2, 1), np.float32), np.zeros((1, 2, 2, 1), np.float32)
    # (2 * 4 * 0.5 + 1) / (4 + 4 * 0.25 + 1) = 5 / 6
    assert float(copy(truth, logits)) == pytest.approx(np.log(2.0) + 1 - 5 / 6, abs=1e-6)
