"""Shares of named things, such as makes: horizontal bars, one colour for each group of cars."""

from collections.abc import Mapping, Sequence

from report.plots.svg import SERIES, Plot, canvas, percent

_LONGEST = 24


def share_bars(
    name: str,
    caption: str,
    labels: Sequence[str],
    groups: Mapping[str, Sequence[float]],
) -> Plot:
    """Draws bars, the first label at the top.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        labels: One per bar.
        groups: By the name of a group, its shares, 0..1, one per label; up to three groups.
    """
    thickness = 0.8 / len(groups)
    with canvas(0.9 + 0.26 * len(labels) * (1 + 0.25 * (len(groups) - 1))) as drawn:
        axes = drawn.axes
        for index, (group, shares) in enumerate(groups.items()):
            places = [
                row + thickness * (index - (len(groups) - 1) / 2) for row in range(len(labels))
            ]
            axes.barh(places, shares, thickness, color=SERIES[index], label=group)
        axes.set_yticks(range(len(labels)), [short_label(label) for label in labels])
        axes.set_ylim(len(labels) - 0.4, -0.6)
        axes.xaxis.set_major_formatter(percent)
        axes.tick_params(axis="y", length=0)
        drawn.legend()
        return drawn.plot(name, caption)


def short_label(label: str) -> str:
    """Cuts a label that would leave no room for what it names."""
    return label if len(label) <= _LONGEST else f"{label[: _LONGEST - 1]}\u2026"
