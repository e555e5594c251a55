import itertools

import numpy as np
import pytest
import tensorflow as tf

from trainer.losses import BceDiceLoss, LovaszLoss
from trainer.losses.lovasz import lovasz_hinge_per_image

PIXELS = 4
MASKS = list(itertools.product([0, 1], repeat=PIXELS))


def images(rows):
    return np.array(rows, np.float32).reshape(len(rows), 1, -1, 1)


def jaccard(truth, mask):
    union = np.maximum(truth, mask).sum()
    return np.minimum(truth, mask).sum() / union if union else 1.0


def hinge_by_brute_force(truth, logits):
    """The Lovász extension of a submodular set function is its largest sum over all orders."""
    truth, logits = np.array(truth), np.array(logits)
    errors = np.maximum(1.0 - logits * (2 * truth - 1), 0.0)

    def loss_of(wrong):
        mask = truth.copy()
        mask[list(wrong)] = 1 - mask[list(wrong)]
        return 1.0 - jaccard(truth, mask)

    return max(
        sum(
            errors[order[index]] * (loss_of(order[: index + 1]) - loss_of(order[:index]))
            for index in range(len(order))
        )
        for order in itertools.permutations(range(len(truth)))
    )


def test_of_sure_masks_it_is_twice_one_minus_jaccard():
    pairs = list(itertools.product(MASKS, MASKS))
    truth = images([truth for truth, _ in pairs])
    logits = images([2 * np.array(mask) - 1 for _, mask in pairs])
    expected = [2.0 * (1.0 - jaccard(np.array(truth), np.array(mask))) for truth, mask in pairs]
    np.testing.assert_allclose(lovasz_hinge_per_image(truth, logits), expected, atol=1e-6)


@pytest.mark.parametrize("truth", MASKS)
def test_is_the_lovasz_extension(truth):
    logits = np.random.default_rng(sum(truth)).normal(scale=2.0, size=PIXELS).round(2)
    value = lovasz_hinge_per_image(images([truth]), images([logits]))
    assert float(value[0]) == pytest.approx(hinge_by_brute_force(truth, logits), abs=1e-5)


def test_value_by_hand():
    # Errors 0.5 (car), 2 (not car) and 0. Wrong at the second alone, the intersection is 1 of a
    # union of 2; at the first too, 0 of 2: steps of one half each.
    truth, logits = images([[1, 0, 0]]), images([[0.5, 1.0, -3.0]])
    assert float(lovasz_hinge_per_image(truth, logits)[0]) == pytest.approx(0.5 * 2 + 0.5 * 0.5)
    cross_entropy = np.mean(np.log1p(np.exp([-0.5, 1.0, -3.0])))
    assert float(LovaszLoss()(truth, logits)) == pytest.approx(cross_entropy + 1.25, abs=1e-6)
    assert float(LovaszLoss(hinge=2.0)(truth, logits)) == pytest.approx(
        cross_entropy + 2.5, abs=1e-6
    )


def test_ties_cost_the_same_in_any_order():
    truth, logits = images([[1, 0, 1, 0]]), images([[0.0, 0.0, 0.0, 0.0]])
    # Errors of 1 everywhere: all of the way from a Jaccard index of 1 to 0.
    np.testing.assert_allclose(lovasz_hinge_per_image(truth, logits), [1.0], atol=1e-6)
    np.testing.assert_allclose(lovasz_hinge_per_image(truth[:, :, ::-1], logits), [1.0], atol=1e-6)


def test_without_a_car_only_the_worst_pixel_counts():
    logits = tf.Variable(images([[0.5, 3.0, -4.0, 2.0]]))
    with tf.GradientTape() as tape:
        value = lovasz_hinge_per_image(images([[0, 0, 0, 0]]), logits)
    assert float(value[0]) == 4.0
    np.testing.assert_array_equal(tape.gradient(value, logits).numpy().ravel(), [0, 1, 0, 0])


def test_full_of_car_every_wrong_pixel_counts_alike():
    logits = tf.Variable(images([[0.5, 3.0, -4.0, 2.0]]))
    with tf.GradientTape() as tape:
        value = lovasz_hinge_per_image(images([[1, 1, 1, 1]]), logits)
    assert float(value[0]) == pytest.approx((0.5 + 5.0) / 4)
    gradient = tape.gradient(value, logits).numpy().ravel()
    np.testing.assert_allclose(gradient, [-0.25, 0, -0.25, 0])


def test_the_hinge_cuts_soft_masks_at_one_half():
    logits = images([[0.3, -0.2, 1.4, -2.0]])
    np.testing.assert_array_equal(
        lovasz_hinge_per_image(images([[0.9, 0.5, 0.51, 0.1]]), logits),
        lovasz_hinge_per_image(images([[1, 0, 1, 0]]), logits),
    )


def test_steps_keep_their_digits_in_a_large_photograph():
    # A million errors, none twice, between one half and one and a half.
    errors = np.random.default_rng(0).permutation(np.linspace(0.5, 1.5, 1_000_000, dtype="f4"))
    truth = (np.arange(errors.size) % 2).astype(np.float32)
    logits = tf.Variable(((1 - errors) * (2 * truth - 1)).reshape(1, 1000, 1000, 1))
    with tf.GradientTape() as tape:
        value = lovasz_hinge_per_image(truth.reshape(1, 1000, 1000, 1), logits)
    gradient = np.abs(tape.gradient(value, logits).numpy()).ravel()

    order = np.argsort(-errors)
    labels = truth[order].astype(np.float64)
    union = labels.sum() + np.cumsum(1 - labels)
    steps = np.diff(1 - (labels.sum() - np.cumsum(labels)) / union, prepend=0.0)
    np.testing.assert_allclose(gradient[order], steps, rtol=1e-4)
    assert float(value[0]) == pytest.approx(steps @ errors[order], rel=1e-5)


def test_without_the_hinge_it_is_the_cross_entropy():
    rng = np.random.default_rng(0)
    truth, logits = images(rng.random((2, 30))), images(rng.normal(size=(2, 30)))
    probability = 1 / (1 + np.exp(-logits))
    cross_entropy = -np.mean(
        truth * np.log(probability) + (1 - truth) * np.log(1 - probability), axis=(1, 2, 3)
    )
    np.testing.assert_allclose(LovaszLoss(hinge=0.0).call(truth, logits), cross_entropy, rtol=1e-5)


def test_the_cross_entropy_keeps_pulling_where_the_hinge_is_met():
    logits = tf.Variable(images([[2.0, -2.0]]))
    with tf.GradientTape() as tape:
        loss = LovaszLoss()(images([[1, 0]]), logits)
    assert (np.sign(tape.gradient(loss, logits).numpy().ravel()) == [-1, 1]).all()
    assert float(loss) < float(BceDiceLoss()(images([[1, 0]]), logits))


def test_a_negative_factor_is_refused():
    with pytest.raises(ValueError, match="hinge must be at least 0"):
        LovaszLoss(hinge=-0.5)


def test_the_factor_survives_being_saved():
    assert LovaszLoss.from_config(LovaszLoss(hinge=0.25).get_config()).hinge == 0.25
