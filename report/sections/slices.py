"""Is the candidate good everywhere? Its Dice by pose, make and what else the gate slices by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.evidence import CANDIDATE
from evaluation.masked_photograph import MaskedPhotograph, records_of, split_files
from evaluation.photograph_score import PhotographScore
from evaluation.slices import MASK_AREA, area_band
from pipeline import features
from report.plots.dice_figure import DiceFigure
from report.plots.interval_dots import interval_dots
from report.plots.svg import Plot
from report.results.run_results import RunResults
from report.results.score_slices import UNKNOWN, ScoreSlice, Value, score_slices
from report.section import Section
from report.template import render

_TITLES = {MASK_AREA: "mask area", features.GROUP_ID: "car"}
# What scores.csv holds of each photograph.
_KNOWN = (
    features.POSE,
    features.MAKE,
    features.YEAR,
    features.GROUP_ID,
    features.HEIGHT,
    features.WIDTH,
)
# Both are in their own order; others begin with the worst.
_ORDERED = (features.POSE, features.YEAR, MASK_AREA)
_DRAWN, _LISTED = 24, 100


@dataclass(frozen=True)
class _Sliced:
    """One feature's slices, worst first where they have no order of their own."""

    name: str
    rows: Sequence[ScoreSlice]
    unknown: int
    drawn: int
    listed: int
    failed: Sequence[ScoreSlice]
    plot: Plot | None


def slices(results: RunResults, examples: str) -> Section:
    """Builds the section.

    Args:
        results: Of the run.
        examples: Of PhotographExampleGen; read only for features that scores.csv does not have.
    """
    scores = results.scores.get(CANDIDATE, ())
    html = render(
        "slices.html",
        scored=len(scores),
        sliced=[_sliced(name, scores, results, examples) for name in results.slices]
        if scores
        else [],
    )
    return Section("slices", "Slices", html)


def _sliced(
    feature: str, scores: Sequence[PhotographScore], results: RunResults, examples: str
) -> _Sliced:
    values = _values(feature, scores, examples)
    rows = score_slices(scores, feature, values, results.verdict.clauses if results.verdict else ())
    worst_first = sorted(rows, key=lambda row: (not row.failed, row.dice.mean))
    name = _TITLES.get(feature, feature)
    in_order = rows if feature in _ORDERED and len(rows) <= _DRAWN else worst_first
    unknown = sum(values.get(score.image_id, "") in UNKNOWN for score in scores)
    shown = in_order[:_DRAWN]
    caption = f"Dice of the U-Net by {name}, with 95% intervals over the cars; dashed: over all"
    if any(row.dice.low is None for row in shown):
        caption += "; hollow: one car, no interval"
    if any(row.failed for row in shown):
        caption += "; red diamond: the gate's clause failed"
    plot = None
    if shown:
        mean = sum(score.figures.dice for score in scores) / len(scores)
        figures = [
            DiceFigure(
                str(row.value), row.dice.mean, row.dice.low, row.dice.high, failed=bool(row.failed)
            )
            for row in shown
        ]
        # A feature's name may hold anything.
        identity = f"slices-{results.slices.index(feature)}"
        plot = interval_dots(identity, caption, figures, mean)
    return _Sliced(
        name,
        in_order[:_LISTED],
        unknown,
        len(shown),
        len(rows),
        [row for row in worst_first if row.failed],
        plot,
    )


def _values(feature: str, scores: Sequence[PhotographScore], examples: str) -> Mapping[str, Value]:
    """Returns each photograph's value by image id."""
    if feature == MASK_AREA:
        return {score.image_id: area_band(score.mask_area) for score in scores}
    if feature in _KNOWN:
        return {score.image_id: getattr(score, feature) for score in scores}
    test = split_files(examples, features.TEST)
    photographs = map(MaskedPhotograph.parse, records_of(test) if test else ())
    return {each.image_id: each.values.get(feature, "") for each in photographs}
