"""What an evaluation says on the screen: figures by model, Dice by slice, suspected labels."""

from collections.abc import Mapping, Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from evaluation.bootstrap import Interval, group_bootstrap
from evaluation.label_audit import Suspect
from evaluation.model_figures import ModelFigures
from evaluation.photograph_score import PhotographScore
from evaluation.slices import MASK_AREA, area_band
from pipeline import features

ScoresByModel = Mapping[str, Sequence[PhotographScore]]

SLICES = (
    features.POSE,
    features.MAKE,
    features.YEAR,
    MASK_AREA,
    features.GROUP_ID,
    features.HEIGHT,
    features.WIDTH,
)
# A slice of more values than a screen holds shows those that the first model is worst at.
_MOST_VALUES = 20
# More do not fit side by side on 80 columns.
_MOST_WITH_INTERVALS = 2
_UNKNOWN = ("", -1)


def figures_table(scores: ScoresByModel) -> Table:
    """Shows each model's figures in a column.

    Args:
        scores: By model name; of each model the same photographs, at least one.
    """
    table = _table("mean over photographs", *scores)
    columns = [_figures(ModelFigures.over(each), each) for each in scores.values()]
    for heading in columns[0]:
        table.add_row(heading, *(Text(column[heading]) for column in columns))
    return table


def slice_table(scores: ScoresByModel, feature: str) -> Table:
    """Shows the mean Dice for each value of a feature, of one or two models with its interval.

    Args:
        scores: By model name; of each model the same photographs.
        feature: One of ``SLICES``.
    """
    by_value = {name: _by_value(each, feature) for name, each in scores.items()}
    first = next(iter(by_value.values()))
    dice = {value: _mean_dice(each).mean for value, each in first.items()}
    shown = sorted(first, key=lambda value: (value in _UNKNOWN, value))
    heading = f"Dice by {feature}"
    if len(shown) > _MOST_VALUES:
        heading += f", {_MOST_VALUES} worst of {len(shown)}"
        shown = sorted(first, key=lambda value: dice[value])[:_MOST_VALUES]
    table = _table(heading, "photos", *scores)
    for value in shown:
        table.add_row(
            Text("unknown" if value in _UNKNOWN else str(value)),
            str(len(first[value])),
            *(
                _shown(_mean_dice(each[value]), len(scores) <= _MOST_WITH_INTERVALS)
                for each in by_value.values()
            ),
        )
    return table


def suspects_table(suspects: Sequence[Suspect], count: int = 10) -> Table:
    """Shows the most suspected labels.

    Args:
        suspects: Most suspect first.
        count: How many are shown.
    """
    table = _table(f"suspected labels, {min(count, len(suspects))} of {len(suspects)}", "score")
    table.add_column("reason", overflow="fold")
    for suspect in suspects[:count]:
        table.add_row(Text(suspect.image_id), f"{suspect.score:.1f}", Text(suspect.reason))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(Text(first))
    for heading in others:
        table.add_column(Text(heading), justify="right")
    return table


def _figures(model: ModelFigures, scores: Sequence[PhotographScore]) -> dict[str, str]:
    figures = model.figures
    replies = [score for score in scores if not score.fault]
    return {
        "Dice": f"{figures['dice'].mean:.4f}",
        "  95% interval": _ends(figures["dice"]) or "one car",
        "  ceiling": "unknown" if model.ceiling is None else f"{model.ceiling:.4f}",
        "IoU": f"{figures['iou'].mean:.4f}",
        "precision": f"{figures['precision'].mean:.4f}",
        "recall": f"{figures['recall'].mean:.4f}",
        "boundary F1, 2 px": f"{figures['boundary_f1'].mean:.4f}",
        "boundary distance, px": f"{figures['boundary_distance'].mean:,.2f}",
        "false area, px": f"{figures['false_area'].mean:,.0f}",
        "faults": f"{model.faults:,} of {model.photographs:,}",
        "median seconds": f"{np.median([score.seconds for score in replies]):.3f}"
        if replies
        else "none",
        "largest reply, bytes": f"{max(score.reply_bytes for score in scores):,}",
    }


def _by_value(
    scores: Sequence[PhotographScore], feature: str
) -> dict[str | int, list[PhotographScore]]:
    by_value: dict[str | int, list[PhotographScore]] = {}
    for score in scores:
        value = area_band(score.mask_area) if feature == MASK_AREA else getattr(score, feature)
        by_value.setdefault(value, []).append(score)
    return by_value


def _mean_dice(scores: Sequence[PhotographScore]) -> Interval:
    return group_bootstrap(
        [score.figures.dice for score in scores], [score.group_id for score in scores]
    )


def _shown(interval: Interval, with_ends: bool) -> str:
    ends = _ends(interval) if with_ends else ""
    return f"{interval.mean:.4f} ({ends})" if ends else f"{interval.mean:.4f}"


def _ends(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return ""
    return f"{interval.low:.4f}-{interval.high:.4f}"
