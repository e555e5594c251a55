"""What a run's make classifier came to, for summary.json and for the end of the screen."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluation.make_classifier.make_evaluation import (
    EVALUATION_FILE,
    MAKE_EVALUATION,
    Shares,
)
from evaluation.make_classifier.make_evidence import CANDIDATE, MAJORITY
from pipeline.run_record import RunRecord


@dataclass(frozen=True)
class MakeSummary:
    """The make classifier of a run.

    Attributes:
        blessed: Whether its gate let it pass.
        reasons: Per clause of the gate: its name, whether it passed, and the numbers.
        photographs: Of the test split, with a make.
        majority: The training split's most common make.
        top_1: Share of right first answers; None where nobody was asked.
        top_1_interval: 95% interval of it over the cars; None where there is only one.
        top_5: Share of photographs whose make is among the first five answers.
        majority_top_1: What always answering the majority gets.
        majority_top_5: What always answering the five most common makes gets.
        pushed: The version directory that it was pushed to; None where it was rejected or the
            directory is gone.
    """

    blessed: bool
    reasons: list[dict[str, Any]]
    photographs: int
    majority: str
    top_1: float | None
    top_1_interval: tuple[float, float] | None
    top_5: float | None
    majority_top_1: float | None
    majority_top_5: float | None
    pushed: str | None


def summarize_make(record: RunRecord) -> MakeSummary | None:
    """Collects the summary of a finished run's make classifier.

    Args:
        record: Of the run, from ML Metadata.

    Returns:
        None where the run has none.
    """
    folder = record.uris.get(("MakeGate", "evaluation"))
    if folder is None:
        return None
    evaluation = MAKE_EVALUATION.validate_json(Path(folder, EVALUATION_FILE).read_bytes())
    figures = {name: each.all_makes for name, each in evaluation.models.items()}
    ours: Shares | None = figures.get(CANDIDATE)
    theirs: Shares | None = figures.get(MAJORITY)
    top_1 = ours.top_1 if ours else None
    push = record.properties.get(("MakePusher", "pushed_model"), {})
    pushed = str(push["pushed_destination"]) if push.get("pushed") else None
    return MakeSummary(
        blessed=evaluation.blessed,
        reasons=[
            {
                "name": clause.name,
                "passed": clause.passed,
                "reason": clause.reason,
                "numbers": clause.numbers,
            }
            for clause in evaluation.clauses
        ],
        photographs=ours.photographs if ours else 0,
        majority=evaluation.majority,
        top_1=top_1.mean if top_1 else None,
        top_1_interval=None
        if top_1 is None or top_1.low is None or top_1.high is None
        else (top_1.low, top_1.high),
        top_5=ours.top_5.mean if ours else None,
        majority_top_1=theirs.top_1.mean if theirs else None,
        majority_top_5=theirs.top_5.mean if theirs else None,
        pushed=pushed if pushed and os.path.isdir(pushed) else None,
    )


def make_lines(summary: MakeSummary) -> list[str]:
    """Returns what the end of the screen says of the make classifier.

    Args:
        summary: Of the run.
    """
    first = f"The make classifier is {'blessed' if summary.blessed else 'rejected'}:"
    if summary.top_1 is not None:
        first += (
            f" right on {summary.top_1:.1%} of {summary.photographs} test photographs, among five "
            f"{summary.top_5:.1%}; always {summary.majority}: {summary.majority_top_1:.1%}, "
            f"{summary.majority_top_5:.1%}"
        )
    lines = [first]
    for clause in summary.reasons:
        sign = "yes" if clause["passed"] else "NO "
        lines.append(f"  {sign} {clause['name']}: {clause['reason']}")
    return lines
