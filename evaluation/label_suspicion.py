"""One reason to suspect a label, and the yardstick by which every reason is measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Suspicion:
    """What speaks against one label.

    Attributes:
        strength: How far the label is from what is usual, in robust standard deviations.
        reason: In numbers.
    """

    strength: float
    reason: str


NO_SUSPICION = Suspicion(0.0, "")


def robust_spread(values: ArrayLike) -> float:
    """Returns the median absolute deviation from the median, scaled to a normal's deviation.

    Up to half of the values may be grossly wrong (Rousseeuw and Croux 1993,
    https://doi.org/10.1080/01621459.1993.10476408).

    Args:
        values: At least one number.
    """
    values = np.asarray(values, np.float64)
    return float(1.4826 * np.median(np.abs(values - np.median(values))))
