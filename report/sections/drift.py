"""How far the photographs of a run are from those that the last blessed model was fitted on."""

import os
from dataclasses import dataclass

from tfx import v1 as tfx

from components.drift_comparison import FeatureDrift
from components.drift_verdict import DRIFT, DRIFT_FILE, DriftVerdict, shown, shown_shift
from report.plots.bars import share_bars
from report.plots.overlay import share_overlay
from report.plots.svg import Plot
from report.section import Section
from report.template import render

_THEN, _NOW = "last blessed model", "this run"
# Bars of names: those whose shares changed most.
_NAMES = 16


@dataclass(frozen=True)
class _Row:
    """A feature as the table shows it."""

    name: str
    unit: str
    comparator: str
    distance: str
    limit: str
    then: str
    now: str
    shift: str
    drifted: bool


def drift_section(folder: str) -> Section:
    """Builds the section; without a comparison it says why there is none.

    Args:
        folder: Of a Drift artifact, on any file system that TFX reads.
    """
    path = os.path.join(folder, DRIFT_FILE)
    verdict = None
    if tfx.dsl.io.fileio.exists(path):
        with tfx.dsl.io.fileio.open(path, "rb") as file:
            verdict = DRIFT.validate_json(file.read())
    html = render(
        "drift.html",
        verdict=verdict,
        rows=[_row(each, verdict) for each in verdict.features] if verdict else [],
        plots=_plots(verdict) if verdict else [],
    )
    return Section("drift", "Drift", html)


def _row(each: FeatureDrift, verdict: DriftVerdict) -> _Row:
    return _Row(
        name=each.name.replace("_", " "),
        unit=each.unit,
        comparator="divergence" if not each.is_of_names else "change of a share",
        distance="" if each.distance is None else f"{each.distance:.3f}",
        limit=f"{each.limit:g}",
        then=shown(each, each.baseline_mean),
        now=shown(each, each.current_mean),
        shift=shown_shift(each),
        drifted=verdict.judged and each.exceeds,
    )


def _plots(verdict: DriftVerdict) -> list[Plot]:
    """Draws what is over its limit, whether it was judged or not."""
    return [_plot(each) for each in verdict.features if each.exceeds]


def _plot(each: FeatureDrift) -> Plot:
    title = each.name.replace("_", " ")
    name = f"drift-{each.name.replace('_', '-')}"
    caption = f"{title.capitalize()} of the photographs, then and now"
    if not each.is_of_names:
        return share_overlay(
            name,
            caption,
            f"{title}, {each.unit}",
            [float(edge) for edge in each.values],
            {_THEN: each.baseline_shares, _NOW: each.current_shares},
        )
    change = [abs(b - a) for a, b in zip(each.baseline_shares, each.current_shares, strict=True)]
    most = sorted(range(len(change)), key=lambda place: -change[place])[:_NAMES]
    shown_places = sorted(most)
    if len(change) > _NAMES:
        caption += f"; the {_NAMES} of {len(change)} that changed most"
    return share_bars(
        name,
        caption,
        [f"{title} {each.values[place]}" for place in shown_places],
        {
            _THEN: [each.baseline_shares[place] for place in shown_places],
            _NOW: [each.current_shares[place] for place in shown_places],
        },
    )
