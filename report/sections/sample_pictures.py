"""Photographs with their masks laid over them, and those that stand out."""

from report.data.data_statistics import DataStatistics
from report.section import Section
from report.template import render


def sample_pictures(statistics: DataStatistics) -> Section:
    """Builds the section.

    Args:
        statistics: Of the data.
    """
    html = render("samples.html", samples=statistics.samples, extremes=statistics.extremes)
    return Section("samples", "Samples", html)
