"""Whether the gate let the candidate pass, clause by clause."""

from evaluation.verdict import Verdict
from report.section import Section
from report.template import render


def verdict(judged: Verdict | None) -> Section:
    """Builds the section.

    Args:
        judged: None where there is no verdict.
    """
    failed = [] if judged is None else [each for each in judged.clauses if not each.passed]
    html = render("verdict.html", verdict=judged, failed=failed)
    return Section("verdict", "The gate's verdict", html)
