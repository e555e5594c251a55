"""Which sizes the photographs have: a model sees all of them shrunk to one."""

from collections import Counter

from report.data.data_statistics import DataStatistics
from report.section import Section
from report.template import render

_SHOWN = 12


def image_sizes(statistics: DataStatistics) -> Section:
    """Builds the section.

    Args:
        statistics: Of the data.
    """
    sizes = Counter((each.width, each.height) for each in statistics.photographs)
    shown = sorted(sizes.items(), key=lambda size: (-size[1], size[0]))[:_SHOWN]
    return Section(
        "sizes",
        "Image sizes",
        render(
            "image_sizes.html",
            shown=shown,
            sizes=len(sizes),
            total=sizes.total(),
            rest=sizes.total() - sum(count for _, count in shown),
        ),
    )
