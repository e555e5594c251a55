"""A figure by pose: a box from quartile to quartile for each."""

from collections.abc import Mapping, Sequence

from report.plots.svg import INK, SERIES, SOFT, Plot, canvas, percent


def boxes_by_pose(
    name: str, caption: str, y_label: str, values: Mapping[int, Sequence[float]]
) -> Plot:
    """Draws boxes; whiskers reach to the last value within 1.5 boxes (Tukey), dots lie outside.

    Args:
        name: See ``Canvas.plot``.
        caption: The same.
        y_label: The figure.
        values: Shares, 0..1, by pose.
    """
    with canvas(2.8) as drawn:
        axes = drawn.axes
        axes.boxplot(
            list(values.values()),
            positions=list(values),
            widths=0.6,
            patch_artist=True,
            boxprops={"facecolor": SERIES[0], "edgecolor": SERIES[0], "alpha": 0.75},
            medianprops={"color": INK, "linewidth": 1.6},
            whiskerprops={"color": SOFT},
            capprops={"color": SOFT},
            flierprops={"marker": ".", "markerfacecolor": INK, "markeredgecolor": INK},
        )
        axes.set_xlabel("pose")
        axes.set_ylabel(y_label)
        axes.yaxis.set_major_formatter(percent)
        return drawn.plot(name, caption)
