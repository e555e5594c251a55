"""How the models were fitted: what of, for how long, and how loss and Dice went."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from report.plots.curves import Points, curves
from report.plots.svg import Plot
from report.results.fit_record import FitRecord
from report.results.model_names import in_order, model_name
from report.section import Section
from report.template import render

# The average mask has nothing to fit.
_FITTED = ("unet", "cnn")


@dataclass(frozen=True)
class _Fit:
    """What is told of one model below the table; ``record`` is None where fit.json is missing."""

    name: str
    record: FitRecord | None
    gaps: int
    plots: tuple[Plot, ...]


def training(fits: Mapping[str, FitRecord | None]) -> Section:
    """Builds the section.

    Args:
        fits: By model, None where its fit.json is missing.
    """
    records = {name: fit for name in in_order(fits) if (fit := fits[name])}
    html = render(
        "training.html",
        names=[model_name(name) for name in records],
        facts=_facts(records),
        fits=[_fit(name, fits[name]) for name in in_order(fits) if name in _FITTED],
    )
    return Section("training", "Training", html)


def _facts(records: Mapping[str, FitRecord]) -> list[tuple[str, list[str]]]:
    """Returns the rows of the table: what, and each model's."""
    columns = [_facts_of(fit, name in _FITTED) for name, fit in records.items()]
    rows = dict.fromkeys(what for column in columns for what in column)
    return [(what, [column.get(what, "") for column in columns]) for what in rows]


def _facts_of(record: FitRecord, fitted: bool) -> dict[str, str]:
    size = record.config.input
    best = record.best_epoch
    of_fit = {
        "Epochs": f"{record.epochs} of {record.config.fit.epochs}",
        "Best epoch": f"{best + 1}" if best is not None else "unknown" if record.epochs else "none",
    }
    return {
        "Input, pixels": f"{size.width}x{size.height}",
        "Parameters": f"{record.parameters:,}",
        **(of_fit if fitted else {}),
        "Time": _duration(record.seconds),
        "Threshold": f"{record.threshold:.4f}",
        "Dice on val": f"{record.val_dice:.4f}",
    }


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{seconds:.1f} s"


def _fit(name: str, record: FitRecord | None) -> _Fit:
    if record is None:
        return _Fit(model_name(name), None, 0, ())
    best: Points = ()
    if record.best_epoch is not None:
        best = [(record.best_epoch + 1, record.history["val_dice"][record.best_epoch])]
    plots = (
        _curve(
            record, name, "dice", "Dice at the model's size", ("dice", "val_dice"), "dice", best
        ),
        _curve(record, name, "loss", "loss", ("loss", "val_loss"), "log"),
        _curve(record, name, "rate", "learning rate", ("learning_rate",), "linear"),
    )
    gaps = sum(not math.isfinite(value) for of in record.history.values() for value in of)
    return _Fit(model_name(name), record, gaps, tuple(plot for plot in plots if plot))


def _curve(
    record: FitRecord,
    name: str,
    what: str,
    label: str,
    columns: Sequence[str],
    scale: Literal["linear", "log", "dice"],
    marks: Points = (),
) -> Plot | None:
    """Draws some columns of the history; None where they hold no number."""
    lines = {
        "val" if column.startswith("val_") else "train": list(enumerate(record.history[column], 1))
        for column in columns
        if any(map(math.isfinite, record.history.get(column, ())))
    }
    if not lines:
        return None
    caption = f"{model_name(name)}: {label} by epoch"
    if marks:
        caption += ", the best ringed; scale stretched towards 1"
    return curves(f"training-{name}-{what}", caption, ("epoch", label), lines, scale, marks)
