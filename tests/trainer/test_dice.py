import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from trainer.dice import HardDice, hard_dice, hard_dice_per_image, soft_dice_per_image

# The reference report's example: |A| = |B| = 4, three pixels in common, 2 * 3 / (4 + 4) = 0.75.
TRUTH = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0]], np.uint8)
MASK = np.array([[1, 1, 0], [1, 0, 1], [0, 0, 0]], np.uint8)


def batch(*masks):
    return np.stack(masks)[..., None].astype(np.float32)


def two_masks(values):
    shapes = st.tuples(st.integers(1, 7), st.integers(1, 7))
    return shapes.flatmap(
        lambda shape: st.tuples(
            arrays.arrays(np.uint8, shape, elements=values),
            arrays.arrays(np.uint8, shape, elements=values),
        )
    )


def test_golden_example():
    assert hard_dice(TRUTH, MASK) == 0.75
    assert hard_dice_per_image(batch(TRUTH), batch(MASK)).numpy().tolist() == [0.75]
    assert soft_dice_per_image(batch(TRUTH), batch(MASK), smoothing=0.0).numpy().tolist() == [0.75]


def test_masks_that_share_nothing_score_nothing():
    assert hard_dice(TRUTH, 1 - TRUTH) == 0.0
    assert hard_dice_per_image(batch(TRUTH), batch(1 - TRUTH)).numpy().tolist() == [0.0]


def test_two_empty_masks_score_one():
    empty = np.zeros((2, 3), np.uint8)
    assert hard_dice(empty, empty) == 1.0
    assert hard_dice_per_image(batch(empty), batch(empty)).numpy().tolist() == [1.0]
    assert soft_dice_per_image(batch(empty), batch(empty)).numpy().tolist() == [1.0]


@pytest.mark.parametrize("swapped", [False, True])
def test_one_empty_mask_scores_nothing(swapped):
    pair = (TRUTH, np.zeros_like(TRUTH))
    truth, mask = pair[::-1] if swapped else pair
    assert hard_dice(truth, mask) == 0.0
    assert hard_dice_per_image(batch(truth), batch(mask)).numpy().tolist() == [0.0]


def test_any_value_but_zero_is_car():
    assert hard_dice(TRUTH * 255, MASK) == 0.75
    # 2 & 1 is 0: the values must not be combined bit by bit.
    assert hard_dice(TRUTH * 2, MASK * 129) == 0.75


@pytest.mark.parametrize(
    ("truth", "mask"),
    [
        (np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8)),
        (np.zeros((2, 3, 1), np.uint8), np.zeros((2, 3, 1), np.uint8)),
    ],
)
def test_masks_of_other_shapes_are_refused(truth, mask):
    with pytest.raises(ValueError, match=r"two masks of one size \[H, W\], got \(2, 3"):
        hard_dice(truth, mask)


@given(two_masks(st.sampled_from([0, 255])))
def test_numpy_and_tensor_version_agree(masks):
    truth, mask = masks
    of_tensor = hard_dice_per_image(batch(truth / 255), batch(mask / 255)).numpy()
    np.testing.assert_allclose(of_tensor, [hard_dice(truth, mask)], rtol=1e-6)


@given(two_masks(st.integers(0, 3)))
def test_hard_dice_is_symmetric_and_counts_sets(masks):
    truth, mask = masks
    a, b = set(np.flatnonzero(truth)), set(np.flatnonzero(mask))
    expected = 2 * len(a & b) / (len(a) + len(b)) if a or b else 1.0
    assert hard_dice(truth, mask) == expected == hard_dice(mask, truth)


def test_views_with_strides_are_counted_right():
    wide = np.repeat(TRUTH, 2, axis=1)
    assert hard_dice(wide[:, ::2], np.asfortranarray(MASK)) == 0.75


def test_threshold_is_not_part_of_the_mask():
    truth = batch(TRUTH)
    probability = np.where(truth > 0, 0.5, 0.25).astype(np.float32)
    assert hard_dice_per_image(truth, probability, threshold=0.25).numpy().tolist() == [1.0]
    assert hard_dice_per_image(truth, probability, threshold=0.5).numpy().tolist() == [0.0]


def test_each_image_of_a_batch_counts_by_itself():
    dice = hard_dice_per_image(batch(TRUTH, TRUTH, TRUTH), batch(TRUTH, MASK, 1 - TRUTH))
    assert dice.numpy().tolist() == [1.0, 0.75, 0.0]


def test_soft_dice_of_a_soft_truth_with_itself_is_one():
    truth = np.random.default_rng(0).random((3, 8, 8, 1), np.float32)
    for smoothing in (0.0, 1.0):
        np.testing.assert_allclose(
            soft_dice_per_image(truth, truth, smoothing).numpy(), np.ones(3), rtol=1e-6
        )
    # No other answer is as good, not even the sharper one.
    assert soft_dice_per_image(truth, np.round(truth)).numpy().max() < 1.0


def test_soft_dice_with_smoothing_by_hand():
    # 2 * (0.5 * 1) = 1 over 0.25 + 1 = 1.25; with one pixel added to both: 2 / 2.25.
    truth, probability = batch(np.array([[0.5, 0.0]])), batch(np.array([[1.0, 0.0]]))
    np.testing.assert_allclose(soft_dice_per_image(truth, probability), [2 / 2.25], rtol=1e-6)
    np.testing.assert_allclose(soft_dice_per_image(truth, probability, 0.0), [0.8], rtol=1e-6)


class TestHardDiceMetric:
    def test_is_the_mean_over_images_of_unequal_batches(self):
        metric = HardDice()
        logits = 8 * batch(TRUTH, MASK, 1 - TRUTH) - 4
        metric.update_state(batch(TRUTH, TRUTH), logits[:2])
        metric.update_state(batch(TRUTH), logits[2:])
        # The mean of the batches' means would be (0.875 + 0) / 2.
        assert float(metric.result()) == pytest.approx((1.0 + 0.75 + 0.0) / 3, abs=1e-7)

    def test_cuts_logits_at_probability_one_half(self):
        metric = HardDice()
        metric.update_state(batch(TRUTH), np.where(batch(TRUTH) > 0, 1e-3, -1e-3))
        assert float(metric.result()) == 1.0

    def test_survives_being_saved(self):
        copy = keras.metrics.deserialize(keras.metrics.serialize(HardDice(name="val")))
        copy.update_state(batch(TRUTH), 8 * batch(MASK) - 4)
        assert copy.name == "val"
        assert float(copy.result()) == 0.75
