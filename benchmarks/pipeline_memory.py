"""Does the peak memory of ingestion, statistics and Transform grow with the number of photographs?

Renders 1,024 full-size photographs, runs PhotographExampleGen, StatisticsGen and Transform on 256
of them, on all, and on three times all (each linked under three names), each step in a process of
its own, and compares the peaks of resident memory. Expected: from 1,024 to 3,072 the same within a
tenth, because photographs pass through in batches. That holds for ingestion and Transform;
StatisticsGen grew by a fifth.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.pipeline_step import (
    HEIGHT,
    WIDTH,
    link_photographs,
    render_photographs,
    run_step,
)

_COUNTS = (256, 1024, 3072)
_RENDERED = 1024
_STEPS = ("ingest", "statistics", "transform")


def measure(scratch: Path) -> dict[str, Any]:
    """Measures the steps at both counts.

    Args:
        scratch: An empty folder; about 2 GB are written.

    Returns:
        Per step and count what ``run_step`` gives; per step the ratios of the peaks.
    """
    figures: dict[str, Any] = {"photograph_size": f"{WIDTH}x{HEIGHT}"}
    rendered = render_photographs(scratch / "rendered", _RENDERED)
    for count in _COUNTS:
        photographs = link_photographs(rendered, count, scratch / f"photographs-{count}")
        for step in _STEPS:
            figures[f"{step}_{count}"] = run_step(step, photographs, scratch / f"run-{count}")
    for step in _STEPS:
        for few, many in pairwise(_COUNTS):
            peaks = [figures[f"{step}_{count}"]["peak_mib"] for count in (few, many)]
            figures[f"{step}_ratio_{many}_to_{few}"] = round(peaks[1] / peaks[0], 3)
    return figures
