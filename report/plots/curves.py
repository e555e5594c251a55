"""Figures over epochs or thresholds: lines."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from report.plots.dice_scale import mark_dice, stretch
from report.plots.svg import INK, SERIES, SOFT, Plot, canvas

Points = Sequence[tuple[float, float]]
# Beside the first three, which are solid.
_STYLES = ((SERIES[0], "-"), (SERIES[1], "-"), (SERIES[2], "-"), (SOFT, "--"))


def curves(
    name: str,
    caption: str,
    labels: tuple[str, str],
    lines: Mapping[str, Points],
    scale: Literal["linear", "log", "dice"] = "linear",
    marks: Points = (),
) -> Plot:
    """Draws lines.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        labels: Of the horizontal and of the vertical axis.
        lines: Up to four, by name, each (x, y) with x rising. A y that is no finite number leaves a
            gap; one number at least is finite.
        scale: Of the vertical axis; ``dice`` is that of ``report.plots.dice_scale``. ``log`` is
            linear where a number is not above 0.
        marks: Points to be ringed.
    """
    seen = [y for points in (*lines.values(), marks) for _, y in points if math.isfinite(y)]
    if scale == "log" and min(seen) <= 0:
        scale = "linear"
    with canvas(2.6) as drawn:
        axes = drawn.axes
        for (label, points), (colour, style) in zip(lines.items(), _STYLES, strict=False):
            heights = [y if math.isfinite(y) else math.nan for _, y in points]
            axes.plot(
                [x for x, _ in points],
                stretch(heights) if scale == "dice" else heights,
                style,
                color=colour,
                linewidth=1.6,
                # A line of one point has no length.
                marker="o" if len(points) == 1 else None,
                label=label,
            )
        for x, y in marks:
            axes.plot(
                [x],
                stretch([y]) if scale == "dice" else [y],
                "o",
                markerfacecolor="none",
                markeredgecolor=INK,
                markeredgewidth=1.6,
                markersize=8,
            )
        axes.set_xlabel(labels[0])
        if all(float(x).is_integer() for points in lines.values() for x, _ in points):
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
        axes.set_ylabel(labels[1])
        if scale == "dice":
            axes.set_ylim(*mark_dice(axes.yaxis, min(seen), max(seen)))
        elif scale == "log":
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=8))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
            axes.yaxis.set_minor_formatter(NullFormatter())
        drawn.legend()
        return drawn.plot(name, caption)
