"""The score of each model, with its interval, beside what its input size allows."""

from dataclasses import dataclass

from evaluation.bootstrap import Interval
from report.plots.dice_figure import DiceFigure
from report.plots.interval_bars import interval_bars
from report.results.model_names import in_order, model_name
from report.results.run_results import RunResults
from report.section import Section
from report.template import render


@dataclass(frozen=True)
class _Row:
    name: str
    dice: Interval
    ceiling: float | None
    boundary_distance: Interval
    iou: Interval
    faults: int


def scores(results: RunResults) -> Section:
    """Builds the section.

    Args:
        results: Of the run.
    """
    models = results.verdict.models if results.verdict else {}
    rows = [
        _Row(
            model_name(name),
            models[name].figures["dice"],
            models[name].ceiling,
            models[name].figures["boundary_distance"],
            models[name].figures["iou"],
            models[name].faults,
        )
        for name in in_order(models)
    ]
    cars = {score.group_id for of in results.scores.values() for score in of}
    caption = "Mean Dice; line along: 95% interval; orange line: the ceiling of the input size"
    html = render(
        "scores.html",
        rows=rows,
        photographs=max((each.photographs for each in models.values()), default=0),
        cars=len(cars),
        plot=interval_bars(
            "scores",
            f"{caption}. The scale is stretched towards 1",
            [
                DiceFigure(row.name, row.dice.mean, row.dice.low, row.dice.high, row.ceiling)
                for row in rows
            ],
        )
        if rows
        else None,
    )
    return Section("scores", "Scores", html)
