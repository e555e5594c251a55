import numpy as np
import pytest
import tensorflow as tf

from trainer.losses import BceDiceLoss, FocalDiceLoss


def row(*values):
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


def test_value_by_hand():
    # p = 0.75 for a truth of 1, p = 0.25 for one of 0: both are wrong by 0.25, and cost -ln 0.75.
    loss = FocalDiceLoss(gamma=2.0)(row(1, 0), row(np.log(3.0), -np.log(3.0)))
    dice = (2 * 0.75 + 1) / (1 + 0.75**2 + 0.25**2 + 1)
    assert float(loss) == pytest.approx(0.25**2 * -np.log(0.75) + 1 - dice, abs=1e-6)


def test_soft_truth_by_hand():
    # p = 0.75 for a truth of 0.25: wrong by one half.
    cross_entropy = -(0.25 * np.log(0.75) + 0.75 * np.log(0.25))
    dice = (2 * 0.25 * 0.75 + 1) / (0.25**2 + 0.75**2 + 1)
    loss = FocalDiceLoss(gamma=3.0)(row(0.25), row(np.log(3.0)))
    assert float(loss) == pytest.approx(0.5**3 * cross_entropy + 1 - dice, abs=1e-6)


def test_on_hard_masks_it_is_that_of_the_paper():
    rng = np.random.default_rng(0)
    truth, logits = rng.integers(0, 2, 50), rng.normal(scale=3.0, size=50)
    probability = 1.0 / (1.0 + np.exp(-logits))
    of_label = np.where(truth == 1, probability, 1.0 - probability)
    focal = np.mean(-((1.0 - of_label) ** 2) * np.log(of_label))
    dice = (2 * (truth * probability).sum() + 1) / (truth.sum() + (probability**2).sum() + 1)
    loss = FocalDiceLoss()(row(*truth), row(*logits))
    assert float(loss) == pytest.approx(focal + 1 - dice, rel=1e-5)


def test_gamma_of_zero_is_bce_dice():
    rng = np.random.default_rng(0)
    truth, logits = row(*rng.random(40)), row(*rng.normal(size=40))
    np.testing.assert_array_equal(
        FocalDiceLoss(gamma=0.0).call(truth, logits), BceDiceLoss().call(truth, logits)
    )


def test_a_soft_truth_that_is_met_costs_nothing():
    assert float(FocalDiceLoss()(row(0.75), row(np.log(3.0)))) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 1.5, 2.0, 5.0])
@pytest.mark.parametrize("truth", [0.0, 0.5, 1.0])
def test_gradients_are_finite_where_the_truth_is_met(gamma, truth):
    # At a logit of 1e4 the probability is exactly 1, at 0 exactly one half.
    logits = tf.Variable(row((2.0 * truth - 1.0) * 1e4))
    with tf.GradientTape() as tape:
        loss = FocalDiceLoss(gamma=gamma)(row(truth), logits)
    assert np.isfinite(tape.gradient(loss, logits).numpy()).all()


def test_easy_pixels_count_for_less_than_in_bce_dice():
    def share_of_easy(loss):
        return float(loss(row(1), row(3))) / float(loss(row(1), row(-3)))

    assert share_of_easy(FocalDiceLoss()) < 0.5 * share_of_easy(BceDiceLoss())


@pytest.mark.parametrize("gamma", [-1.0, 0.5, float("nan")])
def test_a_gamma_of_infinite_gradients_is_refused(gamma):
    with pytest.raises(ValueError, match="gamma must be 0 or at least 1"):
        FocalDiceLoss(gamma=gamma)


def test_gamma_survives_being_saved():
    loss = FocalDiceLoss(gamma=3.0, name="sharp", reduction="sum")
    config = FocalDiceLoss.from_config(loss.get_config()).get_config()
    assert config == {"gamma": 3.0, "name": "sharp", "reduction": "sum"}
