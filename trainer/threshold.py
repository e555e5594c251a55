"""Where to cut probabilities into masks: fitted on val at full resolution, typed by nobody."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.config import PredictionConfig
from trainer import prediction
from trainer.resize import enlarge

_LEVELS = 256


@dataclass(frozen=True)
class Threshold:
    """A fitted threshold.

    Attributes:
        value: A pixel is car where its probability is above this; a multiple of 1/256.
        dice: Mean hard Dice over the photographs it was fitted on, at full resolution.
        photographs: How many those were.
        curve: Mean Dice at each threshold that was tried: 0/256, 1/256 .. 255/256.
    """

    value: float
    dice: float
    photographs: int
    curve: tuple[float, ...]


def fit_threshold(
    pairs: Iterable[tuple[NDArray[np.float32], bytes]],
    config: PredictionConfig,
) -> Threshold:
    """Finds the threshold with the best mean Dice.

    Each photograph's probabilities are counted into 256 levels, apart for car and backdrop; the
    counts above each level give the Dice of all thresholds at once.

    Args:
        pairs: For each photograph the scores that ``prediction.predict`` gives it, float32 [h, w],
            and its mask at full size, a one-channel PNG file.
        config: What the scores are.

    Returns:
        The best threshold; of several equally good ones the middle one.

    Raises:
        ValueError: If there are no pairs.
    """
    total = np.zeros(_LEVELS)
    photographs = 0
    for scores, mask_png in pairs:
        truth = cv2.imdecode(np.frombuffer(mask_png, np.uint8), cv2.IMREAD_GRAYSCALE)
        total += _dice_at_each_level(scores, truth, config)
        photographs += 1
    if not photographs:
        raise ValueError("no photograph to fit the threshold on: the val split is empty")
    mean = total / photographs
    best = np.flatnonzero(mean >= mean.max() - 1e-9)
    level = int(best[len(best) // 2])
    return Threshold(level / _LEVELS, float(mean[level]), photographs, tuple(mean.tolist()))


def _dice_at_each_level(
    scores: NDArray[np.float32], truth: NDArray[np.uint8], config: PredictionConfig
) -> NDArray[np.float64]:
    full = prediction.probability(enlarge(tf.constant(scores), *truth.shape), config).numpy()
    # A pixel is above k / 256 exactly when its level, rounded up, is above k.
    level = np.ceil(np.clip(full, 0.0, 1.0) * _LEVELS).astype(np.uint16)
    car = np.bincount(level[truth > 0], minlength=_LEVELS + 1)
    every = np.bincount(level.ravel(), minlength=_LEVELS + 1)
    overlap, size = _counts_above(car), _counts_above(every)
    both = size + car.sum()
    return np.where(both > 0, 2.0 * overlap / np.maximum(both, 1), 1.0)


def _counts_above(histogram: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.cumsum(histogram[::-1])[::-1][1:]
