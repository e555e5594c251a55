"""Distributions that were counted elsewhere, over each other: the first an area, others lines."""

from collections.abc import Mapping, Sequence

from report.plots.svg import SERIES, Plot, canvas, percent


def share_overlay(
    name: str,
    caption: str,
    x_label: str,
    edges: Sequence[float],
    groups: Mapping[str, Sequence[float]],
) -> Plot:
    """Draws outlines over the same bins; the first is filled.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        x_label: The figure and its unit.
        edges: Of the bins, rising; one more than there are bins.
        groups: By the name of a group, the share of each bin, 0..1; up to three groups.
    """
    with canvas(2.6) as drawn:
        axes = drawn.axes
        for index, (group, shares) in enumerate(groups.items()):
            first = index == 0
            axes.stairs(
                shares,
                edges,
                color=SERIES[index],
                linewidth=1.6,
                fill=first,
                alpha=0.45 if first else 1.0,
                label=group,
            )
        axes.set_xlabel(x_label)
        axes.yaxis.set_major_formatter(percent)
        drawn.legend()
        return drawn.plot(name, caption)
