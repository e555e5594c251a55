"""What a plot of Dice shows of one model, or of one part of the photographs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DiceFigure:
    """One bar or dot.

    Attributes:
        label: What it is of, plain text.
        dice: In [0, 1].
        low: Lower end of its interval; None where it has none.
        high: Upper end; None where low is.
        ceiling: What could be reached at most; None where that is not known.
        failed: Whether it is what a clause of the gate failed for.
    """

    label: str
    dice: float
    low: float | None = None
    high: float | None = None
    ceiling: float | None = None
    failed: bool = False
