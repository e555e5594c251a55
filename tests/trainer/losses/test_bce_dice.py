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


@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("logit", [-1e4, -100.0, 0.0, 100.0, 1e4])
def test_a_wrong_answer_costs_its_logit(truth, logit):
    loss, _ = loss_and_gradient(np.full(9, truth), np.full(9, logit))
    wrong = max(logit, 0.0) - logit * truth
    assert wrong - 1e-3 <= loss <= wrong + np.log(2.0) + 1.0


@pytest.mark.parametrize("truth", [0.0, 0.25, 1.0])
def test_gradient_at_a_logit_of_zero_by_hand(truth):
    # Of the cross-entropy: p - t. Of the Dice's quotient (2 t p + 1) / (t**2 + p**2 + 1), times
    # dp/dx = p (1 - p) = 1/4.
    total = truth**2 + 0.5**2 + 1.0
    dice = (2 * truth * total - (truth + 1.0) * 2 * 0.5) / total**2
    _, gradient = loss_and_gradient([truth], [0.0])
    assert gradient[0] == pytest.approx(0.5 - truth - dice / 4, abs=1e-6)


def test_gradient_vanishes_at_a_soft_truth():
    _, gradient = loss_and_gradient([0.75], [np.log(3.0)])
    np.testing.assert_allclose(gradient, 0.0, atol=1e-6)


def test_a_sure_right_answer_keeps_its_digits():
    # log(1 + exp(-20)); Dice is 1 to more digits than float32 has.
    loss, _ = loss_and_gradient([0.0], [-20.0])
    assert loss == pytest.approx(np.exp(-20.0), rel=1e-3, abs=1e-8)
