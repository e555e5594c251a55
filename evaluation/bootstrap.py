"""How far a mean over the test photographs would move with other cars.

Photographs of one car look alike and are masked well or badly together, so that sixteen of them say
little more than one. What was drawn at random are the cars; the interval draws cars.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass


@dataclass(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class Interval:
    """A mean and how far it would move with other cars.

    Attributes:
        mean: Over all photographs.
        low: Lower end of the interval; null where the photographs are of one car only.
        high: Upper end; null where low is.
    """

    mean: float
    low: float | None
    high: float | None


def group_bootstrap(
    values: ArrayLike,
    groups: Sequence[str],
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Percentile bootstrap of the mean over all photographs, drawing whole cars with replacement.

    The percentile interval is that of Efron and Tibshirani, An Introduction to the Bootstrap
    (1993), chapter 13; drawing clusters and keeping all that is in them is the cluster bootstrap of
    Field and Welsh, Bootstrapping clustered data, JRSS B 69 (2007). Each draw's mean is its sum
    over its number of photographs, so that cars may have unequal numbers of them.

    With few cars the interval is too narrow (by a factor of sqrt((n - 1) / n) for n cars, and more
    for n below 5), and one car has none.

    Args:
        values: float [N], finite, one per photograph.
        groups: Its car, for each photograph.
        resamples: How often the cars are drawn.
        seed: Of the draws; the same seed gives the same interval.
        level: Share of the draws that lies between the ends, in (0, 1).

    Raises:
        ValueError: If there are no values, one is not finite, or their number is not that of the
            groups.
    """
    each = np.asarray(values, np.float64)
    if each.ndim != 1 or len(each) != len(groups) or not len(each):
        raise ValueError(f"values {each.shape} and {len(groups)} groups: one group per value")
    if not np.isfinite(each).all():
        raise ValueError("a value is not finite; its mean would say nothing")
    mean = float(each.mean())
    names, car = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    cars = len(names)
    if cars == 1:
        return Interval(mean, None, None)
    sums = np.bincount(car, weights=each)
    photographs = np.bincount(car)
    drawn = np.random.default_rng(seed).multinomial(cars, np.full(cars, 1 / cars), size=resamples)
    means = (drawn @ sums) / (drawn @ photographs)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high))
