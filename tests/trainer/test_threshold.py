import cv2
import numpy as np
import pytest

from pipeline.config import PredictionConfig
from trainer.dice import hard_dice
from trainer.resize import enlarge
from trainer.threshold import fit_threshold

PROBABILITIES = PredictionConfig()
LOGITS = PredictionConfig(enlarge="logits")


def png(mask):
    return cv2.imencode(".png", mask)[1].tobytes()


def mean_dice(pairs, threshold):
    return np.mean(
        [
            hard_dice(mask, (enlarge(small, *mask.shape).numpy() > threshold).astype(np.uint8))
            for small, mask in pairs
        ]
    )


def random_pairs(seed, count):
    """Probability maps that know something of the masks of another, larger size."""
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(count):
        mask = np.zeros((rng.integers(9, 30), rng.integers(9, 30)), np.uint8)
        mask[2 : rng.integers(4, 9), 3 : rng.integers(5, 9)] = 255
        small = cv2.resize(mask, (7, 6), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        pairs.append((np.clip(0.6 * small + rng.normal(0.1, 0.15, (6, 7)), 0, 1), mask))
    return [(small.astype(np.float32), mask) for small, mask in pairs]


@pytest.mark.parametrize("seed", range(6))
def test_no_threshold_is_better(seed):
    pairs = random_pairs(seed, count=3)
    fitted = fit_threshold(((small, png(mask)) for small, mask in pairs), PROBABILITIES)
    by_brute_force = [mean_dice(pairs, level / 256) for level in range(256)]
    assert fitted.dice == pytest.approx(max(by_brute_force), abs=1e-12)
    assert fitted.value * 256 == int(fitted.value * 256)
    # The threshold it names is the one that has this Dice.
    assert mean_dice(pairs, fitted.value) == pytest.approx(fitted.dice, abs=1e-12)
    assert fitted.photographs == 3
    assert fitted.curve == pytest.approx(by_brute_force, abs=1e-12)


def test_of_equally_good_thresholds_it_takes_the_middle_one():
    mask = np.zeros((4, 4), np.uint8)
    mask[:2] = 255
    # Car at 0.75, backdrop at 0.25: levels 64 to 191 separate them.
    probability = np.where(mask > 0, 0.75, 0.25).astype(np.float32)
    fitted = fit_threshold([(probability, png(mask))], PROBABILITIES)
    assert fitted.dice == 1.0
    assert fitted.value == 128 / 256


def test_a_model_that_is_too_modest_gets_a_low_threshold():
    mask = np.zeros((4, 4), np.uint8)
    mask[:2] = 255
    probability = np.where(mask > 0, 0.02, 0.001).astype(np.float32)
    fitted = fit_threshold([(probability, png(mask))], PROBABILITIES)
    assert fitted.dice == 1.0
    assert 0.001 < fitted.value < 0.02


def test_the_curve_tells_what_every_other_threshold_would_have_cost():
    mask = np.zeros((4, 4), np.uint8)
    mask[:2] = 255
    probability = np.where(mask > 0, 0.75, 0.25).astype(np.float32)
    curve = fit_threshold([(probability, png(mask))], PROBABILITIES).curve
    assert len(curve) == 256
    # All is car below a quarter, nothing from three quarters on.
    assert curve[:64] == pytest.approx([2 / 3] * 64)
    assert curve[64:192] == (1.0,) * 128
    assert curve[192:] == (0.0,) * 64


def test_photographs_weigh_alike_whatever_their_size():
    def pair(side, car, backdrop):
        mask = np.zeros((side, side), np.uint8)
        mask[: side // 2] = 255
        return np.where(mask > 0, car, backdrop).astype(np.float32), mask

    # The large one is right only above 0.5; the two small ones only below, by the same margin.
    pairs = [pair(32, 0.9, 0.5), pair(4, 0.5, 0.1), pair(4, 0.5, 0.1)]
    fitted = fit_threshold(((small, png(mask)) for small, mask in pairs), PROBABILITIES)
    assert fitted.value < 0.5
    # Below 0.5 the large mask is all car: 2 * 512 / (512 + 1024).
    assert fitted.dice == pytest.approx((2 / 3 + 1 + 1) / 3, abs=1e-9)


def test_nothing_to_fit_on_is_an_error():
    with pytest.raises(ValueError, match="the val split is empty"):
        fit_threshold([], PROBABILITIES)


@pytest.mark.parametrize("seed", range(3))
def test_logits_are_enlarged_before_they_become_probabilities(seed):
    pairs = random_pairs(seed, 4)
    logits = [(np.clip(np.log((p + 1e-3) / (1 - p + 1e-3)), -8, 8), m) for p, m in pairs]
    fitted = fit_threshold(((small, png(mask)) for small, mask in logits), LOGITS)
    # The same Dice where the enlarged logits are cut at the threshold's logit.
    cut = np.log(fitted.value / (1 - fitted.value))
    assert fitted.dice == pytest.approx(mean_dice(logits, cut), abs=1e-6)
