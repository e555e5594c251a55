"""Dice of the parts of the test split: a dot for each, with its interval."""

from collections.abc import Sequence

from report.plots.bars import short_label
from report.plots.dice_figure import DiceFigure
from report.plots.svg import FAULT, SERIES, SOFT, Plot, canvas


def interval_dots(name: str, caption: str, figures: Sequence[DiceFigure], mean: float) -> Plot:
    """Draws a dot with its interval for each part of the photographs, on a plain scale.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        figures: One at least, the first at the top. Without an interval a dot is hollow.
        mean: Over all photographs, a line to hold the dots against.
    """
    with canvas(0.8 + 0.22 * len(figures)) as drawn:
        axes = drawn.axes
        axes.axvline(mean, color=SOFT, linewidth=1, linestyle="--")
        for row, figure in enumerate(figures):
            colour = FAULT if figure.failed else SERIES[0]
            hollow = figure.low is None or figure.high is None
            if figure.low is not None and figure.high is not None:
                axes.plot([figure.low, figure.high], [row, row], color=colour, linewidth=1.6)
            axes.plot(
                [figure.dice],
                [row],
                "D" if figure.failed else "o",
                markersize=6,
                markerfacecolor="none" if hollow else colour,
                markeredgecolor=colour,
                markeredgewidth=1.6,
            )
        labels = axes.set_yticks(
            range(len(figures)), [short_label(figure.label) for figure in figures]
        )
        for tick, figure in zip(labels, figures, strict=True):
            if figure.failed:
                tick.label1.set_color(FAULT)
        axes.set_ylim(len(figures) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=6)
        axes.ticklabel_format(axis="x", useOffset=False)
        axes.set_xlabel("Dice")
        return drawn.plot(name, caption)
