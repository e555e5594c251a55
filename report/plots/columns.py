"""Shares over whole numbers, such as years: columns beside each other."""

from collections.abc import Mapping

from matplotlib.ticker import MaxNLocator

from report.plots.svg import SERIES, Plot, canvas, percent


def share_columns(
    name: str, caption: str, x_label: str, groups: Mapping[str, Mapping[int, float]]
) -> Plot:
    """Draws columns.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        x_label: What the numbers are.
        groups: By the name of a group, shares, 0..1, by number, one at least in all; up to three
            groups.
    """
    thickness = 0.8 / len(groups)
    with canvas(2.6) as drawn:
        axes = drawn.axes
        for index, (group, shares) in enumerate(groups.items()):
            if not shares:
                continue
            places = [number + thickness * (index - (len(groups) - 1) / 2) for number in shares]
            axes.bar(places, list(shares.values()), thickness, color=SERIES[index], label=group)
        axes.set_xlabel(x_label)
        numbers = [number for shares in groups.values() for number in shares]
        # Four digits need twice the room that two do.
        ticks = 20 if max(numbers) < 100 else 8
        axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=True, min_n_ticks=1))
        axes.set_xlim(min(numbers) - 0.6, max(numbers) + 0.6)
        axes.yaxis.set_major_formatter(percent)
        drawn.legend()
        return drawn.plot(name, caption)
