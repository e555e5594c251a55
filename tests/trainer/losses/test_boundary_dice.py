import numpy as np
import pytest

from trainer.losses import BceDiceLoss, BoundaryDiceLoss


def row(*values):
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


def dice_of(truth, probability):
    overlap = 2 * (truth * probability).sum()
    return (overlap + 1) / ((truth**2).sum() + (probability**2).sum() + 1)


def test_value_by_hand():
    # Mean of three around each: 0, 1/3, 2/3, 1 (the last of two, inside the photograph).
    truth = np.array([0.0, 0.0, 1.0, 1.0])
    weights = 1.0 + 6.0 * np.array([0.0, 1 / 3, 1 / 3, 0.0])
    cross_entropy = np.array([1.0, 2.0, 3.0, 4.0])
    # log(1 + exp(x)) = c for what is not car, the mirrored for car.
    logits = np.log(np.exp(cross_entropy) - 1.0) * np.array([1, 1, -1, -1])
    probability = 1.0 / (1.0 + np.exp(-logits))
    expected = (weights * cross_entropy).sum() / weights.sum() + 1 - dice_of(truth, probability)
    loss = BoundaryDiceLoss(weight=6.0, size=3)(row(*truth), row(*logits))
    assert float(loss) == pytest.approx(expected, abs=1e-5)


def test_value_by_brute_force():
    rng = np.random.default_rng(0)
    truth, logits = rng.random((9, 7)), rng.normal(size=(9, 7))
    cut = (truth > 0.5).astype(float)
    around = np.array(
        [
            [cut[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].mean() for x in range(7)]
            for y in range(9)
        ]
    )
    weights = 1.0 + 5.0 * np.abs(around - cut)
    probability = 1.0 / (1.0 + np.exp(-logits))
    cross_entropy = -(truth * np.log(probability) + (1 - truth) * np.log(1 - probability))
    expected = (weights * cross_entropy).sum() / weights.sum() + 1 - dice_of(truth, probability)
    shape = (1, 9, 7, 1)
    loss = BoundaryDiceLoss(size=5)(
        truth.reshape(shape).astype(np.float32), logits.reshape(shape).astype(np.float32)
    )
    assert float(loss) == pytest.approx(expected, rel=1e-5)


def test_weight_of_zero_is_bce_dice():
    rng = np.random.default_rng(0)
    truth = rng.random((2, 12, 12, 1), np.float32)
    logits = rng.normal(size=truth.shape).astype(np.float32)
    np.testing.assert_allclose(
        BoundaryDiceLoss(weight=0.0).call(truth, logits),
        BceDiceLoss().call(truth, logits),
        rtol=1e-6,
    )


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_without_a_boundary_it_is_bce_dice(value):
    # The photograph's edge is none.
    truth = np.full((1, 12, 12, 1), value, np.float32)
    logits = np.random.default_rng(0).normal(size=truth.shape).astype(np.float32)
    expected = float(BceDiceLoss()(truth, logits))
    assert float(BoundaryDiceLoss()(truth, logits)) == pytest.approx(expected, rel=1e-6)


def test_a_mistake_costs_more_near_the_boundary():
    truth = np.zeros((1, 16, 40, 1), np.float32)
    truth[:, :, 20:] = 1.0
    right = 12.0 * (2.0 * truth - 1.0)
    costs = []
    for column in (19, 16, 14, 5, 0):
        logits = right.copy()
        logits[0, 8, column] *= -1.0
        costs.append(float(BoundaryDiceLoss(size=11)(truth, logits)))
    assert costs[0] > costs[1] > costs[2]
    # Beyond half the size nothing is added.
    assert costs[2] == pytest.approx(costs[3], rel=1e-4) == costs[4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weight": -1.0}, "weight must be at least 0"),
        ({"weight": float("nan")}, "weight must be at least 0"),
        ({"size": 4}, "size must be odd"),
        ({"size": -1}, "size must be odd"),
    ],
)
def test_arguments_without_meaning_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        BoundaryDiceLoss(**arguments)


def test_arguments_survive_being_saved():
    loss = BoundaryDiceLoss(weight=2.0, size=7)
    config = BoundaryDiceLoss.from_config(loss.get_config()).get_config()
    assert (config["weight"], config["size"]) == (2.0, 7)


def test_half_covered_pixels_weigh_most():
    # What area averaging leaves of a straight outline.
    truth = np.zeros((1, 16, 41, 1), np.float32)
    truth[:, :, 20] = 0.5
    truth[:, :, 21:] = 1.0
    costs = []
    for column in (20, 18, 5):
        logits = np.where(truth > 0.5, 8.0, -8.0).astype(np.float32)
        logits[truth == 0.5] = 0.0
        surer = logits.copy()
        surer[0, 8, column] += 4.0
        costs.append(
            abs(float(BoundaryDiceLoss()(truth, surer) - BoundaryDiceLoss()(truth, logits)))
        )
        plain = abs(float(BceDiceLoss()(truth, surer) - BceDiceLoss()(truth, logits)))
        costs[-1] /= plain
    assert costs[0] > costs[1] > costs[2]
