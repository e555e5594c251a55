"""What a run came to, first of all: verdict, Dice, photographs, time, and what else there is."""

from collections.abc import Mapping, Sequence
from typing import Any

from components.server_verdict import ServerVerdict
from evaluation.evidence import BLESSED, CANDIDATE
from evaluation.verdict import Verdict
from report.results.fit_record import FitRecord
from report.results.model_names import in_order, model_name
from report.section import Section
from report.template import render
from report.views.view import View


def run_summary(
    verdict: Verdict | None,
    check: ServerVerdict | None,
    counts: Mapping[str, Any] | None,
    fits: Mapping[str, FitRecord],
    views: Sequence[View],
) -> Section:
    """Builds the section.

    Args:
        verdict: Of the gate; None where there is none.
        check: Of the candidate in its server; the same.
        counts: PhotographExampleGen's; the same.
        fits: By model, those that there is a record of.
        views: Pages beside the report.
    """
    failed = [each for each in verdict.clauses if not each.passed] if verdict else []
    if check is not None and check.checked:
        failed += [each for each in check.clauses if not each.passed]
    return Section(
        "summary",
        "Summary",
        render(
            "run_summary.html",
            verdict=verdict,
            check=check,
            failed=failed,
            candidate=verdict.models.get(CANDIDATE) if verdict else None,
            replaced=verdict.dice.get(BLESSED) if verdict else None,
            counts=counts,
            quarantined=sum(counts["quarantined"].values()) if counts else 0,
            fits=[(model_name(name), _time(fits[name])) for name in in_order(fits)],
            views=views,
        ),
    )


def _time(fit: FitRecord) -> str:
    time = f"{fit.seconds:.0f} s" if fit.seconds < 120 else f"{fit.seconds / 60:.0f} min"
    if not fit.epochs:
        return time
    return f"{time}, {fit.epochs} epoch{'' if fit.epochs == 1 else 's'}"
