"""Dice of several models: a bar for each, with its interval and what its input size allows."""

from collections.abc import Sequence

from report.plots.bars import short_label
from report.plots.dice_figure import DiceFigure
from report.plots.dice_scale import mark_dice, stretch
from report.plots.svg import INK, SERIES, SOFT, Plot, canvas


def interval_bars(name: str, caption: str, figures: Sequence[DiceFigure]) -> Plot:
    """Draws bars from a Dice of 0, on the scale of ``report.plots.dice_scale``.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        figures: One at least; the first is at the top and in a colour of its own.
    """
    with canvas(0.7 + 0.42 * len(figures)) as drawn:
        axes = drawn.axes
        for row, figure in enumerate(figures):
            colour = SOFT if row else SERIES[0]
            axes.barh(row, float(stretch(figure.dice)), 0.6, color=colour, alpha=0.8)
            if figure.low is not None and figure.high is not None:
                ends = [float(end) for end in stretch([figure.low, figure.high])]
                axes.plot(ends, [row, row], color=INK, linewidth=2)
            if figure.ceiling is not None:
                place = float(stretch(figure.ceiling))
                axes.plot([place] * 2, [row - 0.42, row + 0.42], color=SERIES[1], linewidth=2.5)
        axes.set_yticks(range(len(figures)), [short_label(figure.label) for figure in figures])
        axes.set_ylim(len(figures) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        highest = max(max(each.dice, each.high or 0.0, each.ceiling or 0.0) for each in figures)
        axes.set_xlim(*mark_dice(axes.xaxis, 0.0, highest))
        axes.set_xlabel("Dice")
        return drawn.plot(name, caption)
