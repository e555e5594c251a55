"""How a measured figure is distributed in each split: outlines over each other."""

from collections.abc import Mapping, Sequence

import numpy as np

from report.plots.svg import SERIES, Plot, canvas, percent

_BINS = 24


def share_histogram(
    name: str, caption: str, x_label: str, groups: Mapping[str, Sequence[float]]
) -> Plot:
    """Draws histograms with the same bins, each group's columns adding up to 1.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        x_label: The figure and its unit.
        groups: Values by the name of a group, one at least in each; up to three groups.
    """
    edges = np.histogram_bin_edges(np.concatenate([list(each) for each in groups.values()]), _BINS)
    with canvas(2.6) as drawn:
        axes = drawn.axes
        for index, (group, values) in enumerate(groups.items()):
            counts, _ = np.histogram(values, edges)
            axes.stairs(
                counts / counts.sum(),
                edges,
                color=SERIES[index],
                linewidth=1.6,
                label=group,
            )
        axes.set_xlabel(x_label)
        axes.yaxis.set_major_formatter(percent)
        drawn.legend()
        return drawn.plot(name, caption)
