"""How the Dice of the photographs is distributed, for each model: outlines over each other."""

from collections.abc import Mapping, Sequence

import numpy as np

from report.plots.dice_scale import NEAREST_TO_1, mark_dice, stretch
from report.plots.svg import SERIES, SOFT, Plot, canvas, percent

_STYLES = ((SERIES[0], "-"), (SERIES[1], "-"), (SERIES[2], "-"), (SOFT, "--"))
# All of one width on the scale; a Dice of 0, no mask at all, is in the first.
_EDGES = np.linspace(0.0, float(stretch(NEAREST_TO_1)), 41)


def dice_histogram(name: str, caption: str, groups: Mapping[str, Sequence[float]]) -> Plot:
    """Draws histograms on the scale of ``report.plots.dice_scale``, each adding up to 1.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        groups: Dice by the name of a group, one at least in each; up to four groups. The first is
            filled.
    """
    with canvas(2.8) as drawn:
        axes = drawn.axes
        for index, ((group, dice), (colour, style)) in enumerate(
            zip(groups.items(), _STYLES, strict=False)
        ):
            counts, _ = np.histogram(stretch(dice), _EDGES)
            shares = counts / counts.sum()
            if not index:
                axes.stairs(shares, _EDGES, fill=True, color=colour, alpha=0.25)
            axes.stairs(shares, _EDGES, color=colour, linestyle=style, linewidth=1.6, label=group)
        every = [each for dice in groups.values() for each in dice]
        begin, end = mark_dice(axes.xaxis, min(every), max(every))
        width = float(_EDGES[1])
        axes.set_xlim(max(begin - width, 0.0), min(end + width, float(_EDGES[-1])))
        axes.set_xlabel("Dice")
        axes.yaxis.set_major_formatter(percent)
        drawn.legend()
        return drawn.plot(name, caption)
