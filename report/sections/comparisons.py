"""The candidate's best, median and worst masks beside the truth."""

from collections.abc import Sequence

from evaluation.difference import MISSED, SURPLUS
from report.results.compared_photographs import BEST, MEDIAN, WORST, ComparedPhotograph
from report.section import Section
from report.template import render


def comparisons(compared: Sequence[ComparedPhotograph], worst_page: str) -> Section:
    """Builds the section.

    Args:
        compared: Photographs with their pictures.
        worst_page: Path of the gate's page with more of the worst.
    """
    html = render(
        "comparisons.html",
        ranks=[
            (rank, [each for each in compared if each.rank == rank])
            for rank in (BEST, MEDIAN, WORST)
        ],
        some=bool(compared),
        worst_page=worst_page,
        missed="#{:02x}{:02x}{:02x}".format(*MISSED),
        surplus="#{:02x}{:02x}{:02x}".format(*SURPLUS),
    )
    return Section("comparisons", "Best, median and worst masks", html)
