"""What a model's input size alone costs: the Dice that no model of that size can be asked to beat.

It is computed with the pipeline's own two resizes, not with faster copies of them: on one core a
photograph of 1918x1280 takes 8 ms for an input of 128x128 and 11 ms for one of 512x512.
"""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.dice import hard_dice
from trainer.resize import enlarge, shrink


def ceiling(truth: NDArray[np.uint8], height: int, width: int) -> float:
    """Returns the hard Dice of a perfect prediction at a model's input size.

    The truth is shrunk as the targets of a fit are (area average, rounded to 255ths), enlarged as
    the exported signature enlarges probabilities (bicubic), cut at one half and compared with
    itself at full size. A threshold other than one half can do slightly better on some photographs,
    and so can a lucky mistake: it is a yardstick, not a bound.

    Args:
        truth: uint8 [H, W]; non-zero is car.
        height: Of the model's input, pixels.
        width: The same.

    Returns:
        A float in [0, 1]; 1 where the truth is empty.

    Raises:
        ValueError: If the truth is no such array or the size is not positive.
    """
    if truth.ndim != 2 or truth.dtype != np.uint8 or truth.size == 0:
        raise ValueError(f"a truth is uint8 [H, W], got {truth.dtype} {truth.shape}")
    if height < 1 or width < 1:
        raise ValueError(f"a model's input is at least 1x1, got {height}x{width}")
    # The GPU is the fit's, and the resizes have no kernels there anyway.
    with tf.device("CPU:0"):
        car = np.not_equal(truth, 0) * np.uint8(255)
        small = shrink(car[..., np.newaxis], height, width).numpy()[..., 0]
        perfect = small / np.float32(255)
        mask = enlarge(perfect, *truth.shape).numpy() > 0.5
    return hard_dice(car, mask.view(np.uint8))
