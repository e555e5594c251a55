"""A scale for Dice that is stretched towards 1, where good models differ.

A model at 0.99 makes half the mistakes of one at 0.98 and would look the same beside an average
mask at 0.75. On this scale each tenth of the mistakes is as far as the one before: 0, 0.9, 0.99 and
0.999 are evenly apart.
"""

from collections.abc import Iterator

import numpy as np
from matplotlib.axis import Axis, YAxis
from numpy.typing import ArrayLike, NDArray

# What is nearer to 1 is drawn here: a Dice of 1 would be infinitely far.
NEAREST_TO_1 = 0.9999
# The first ones get their places first.
_TICKS = (0.0, 0.9, 0.99, 0.999, NEAREST_TO_1, 0.5, 0.95, 0.98, 0.995, 0.8, 0.998, 0.9995)
_STEPS = (0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
_ENOUGH = 4
# What a tick's text needs, of the axis' length: upwards, and along for each of its letters.
_LINE, _LETTER = 0.09, 0.0275


def stretch(dice: ArrayLike) -> NDArray[np.float64]:
    """Returns where Dice, [...], is on the scale: float64 [...], 0 for 0 and 1 for 0.9."""
    return -np.log10(1.0 - np.clip(np.asarray(dice, np.float64), 0.0, NEAREST_TO_1))


def mark_dice(axis: Axis, low: float, high: float) -> tuple[float, float]:
    """Puts ticks on an axis whose data are stretched Dice.

    Args:
        axis: Of a plot.
        low: Least Dice that is to be seen.
        high: The largest.

    Returns:
        Both ends for the axis, stretched, with some room.
    """
    first, last = float(stretch(low)), float(stretch(high))
    room = max(0.05 * (last - first), 0.005)
    begin, end = max(first - room, 0.0), last + room
    shown: dict[str, float] = {}
    for index, tick in enumerate((*_TICKS, *_finer(low, high))):
        place = float(stretch(tick))
        if index >= len(_TICKS) and len(shown) >= _ENOUGH:
            break
        text = f"{tick:g}"
        if begin <= place <= end and all(
            abs(place - other) >= _room(axis, text, said) * (end - begin)
            for said, other in shown.items()
        ):
            shown[text] = place
    axis.set_ticks(list(shown.values()), list(shown))
    return begin, end


def _room(axis: Axis, one: str, other: str) -> float:
    return _LINE if isinstance(axis, YAxis) else _LETTER * (len(one) + len(other)) / 2


def _finer(low: float, high: float) -> Iterator[float]:
    """Yields round numbers around a range, the roundest first."""
    for step in _STEPS:
        for multiple in range(int(low / step), int(high / step) + 2):
            yield min(round(multiple * step, 4), NEAREST_TO_1)
