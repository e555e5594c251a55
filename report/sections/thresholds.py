"""What the threshold was fitted to: the Dice on val at every threshold, and the one taken."""

from collections.abc import Mapping
from dataclasses import dataclass

from report.plots.curves import curves
from report.results.fit_record import FitRecord
from report.results.model_names import in_order, model_name
from report.section import Section
from report.template import render


@dataclass(frozen=True)
class _Row:
    """One model; ``lowest`` and ``highest`` lose less than 0.001 of Dice."""

    name: str
    threshold: float
    dice: float
    photographs: int
    lowest: float | None
    highest: float | None


def thresholds(fits: Mapping[str, FitRecord | None]) -> Section:
    """Builds the section.

    Args:
        fits: By model, None where its fit.json is missing.
    """
    known = {name: fit for name in in_order(fits) if (fit := fits[name])}
    lines, marks = {}, []
    for name, fit in known.items():
        if fit.threshold_curve:
            levels = len(fit.threshold_curve)
            lines[model_name(name)] = [
                (level / levels, dice) for level, dice in enumerate(fit.threshold_curve)
            ]
            marks.append((fit.threshold, fit.val_dice))
    html = render(
        "thresholds.html",
        rows=[_row(model_name(name), fit) for name, fit in known.items()],
        without_fit=[model_name(name) for name in in_order(fits) if not fits[name]],
        without_curve=[model_name(name) for name, fit in known.items() if not fit.threshold_curve],
        plot=curves(
            "thresholds",
            "Dice on val by threshold, the fitted one ringed; scale stretched towards 1",
            ("threshold", "Dice on val"),
            lines,
            "dice",
            marks,
        )
        if lines
        else None,
    )
    return Section("thresholds", "Thresholds", html)


def _row(name: str, fit: FitRecord) -> _Row:
    as_good = [
        level / len(fit.threshold_curve)
        for level, dice in enumerate(fit.threshold_curve)
        if dice > fit.val_dice - 0.001
    ]
    return _Row(
        name,
        fit.threshold,
        fit.val_dice,
        fit.val_photographs,
        min(as_good, default=None),
        max(as_good, default=None),
    )
