"""Photographs that are in two splits at once though no car is: a score on them says nothing."""

from report.data.data_statistics import DataStatistics
from report.section import Section
from report.template import render

_SHOWN = 30


def leaks(statistics: DataStatistics) -> Section:
    """Builds the section.

    Args:
        statistics: Of the data.
    """
    html = render(
        "leaks.html",
        photographs=len(statistics.photographs),
        pairs=statistics.near_duplicates[:_SHOWN],
        total=len(statistics.near_duplicates),
    )
    return Section("near-duplicates", "Near-duplicates across splits", html)
