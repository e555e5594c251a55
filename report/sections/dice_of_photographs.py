"""How the Dice is distributed over the photographs: a mean hides a few that went wrong."""

import statistics
from dataclasses import dataclass

from report.plots.dice_histogram import dice_histogram
from report.results.model_names import model_name
from report.results.run_results import RunResults
from report.section import Section
from report.template import render


@dataclass(frozen=True)
class _Row:
    name: str
    worst: float
    median: float
    best: float
    faults: int


def dice_of_photographs(results: RunResults) -> Section:
    """Builds the section.

    Args:
        results: Of the run.
    """
    dice = {
        model_name(name): [score.figures.dice for score in of]
        for name, of in results.scores.items()
    }
    faults = [sum(bool(score.fault) for score in of) for of in results.scores.values()]
    html = render(
        "dice_of_photographs.html",
        rows=[
            _Row(name, min(of), statistics.median(of), max(of), without)
            for (name, of), without in zip(dice.items(), faults, strict=True)
        ],
        not_finite=results.not_finite,
        plot=dice_histogram(
            "dice-histogram",
            "Share of the photographs by Dice; the scale is stretched towards 1",
            dice,
        )
        if dice
        else None,
    )
    return Section("dice-of-photographs", "Dice of each photograph", html)
