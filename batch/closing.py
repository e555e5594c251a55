"""The end of a batch run on the screen: what was made, what was not, where it lies."""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from batch.batch_summary import BatchSummary
from batch.output_folder import OutputFolder
from batch.submission import SubmissionCounts
from components.folder_files import is_local
from pipeline.closing import short_path

_BAR = 30
_NAMED = 3


def print_summary(
    console: Console,
    summary: BatchSummary,
    output: OutputFolder,
    submission: SubmissionCounts | None,
    seconds: Mapping[str, float],
    *,
    gzip: bool,
) -> None:
    """Prints the figures.

    Args:
        console: The user's screen.
        summary: Of everything that is there.
        output: Where it lies.
        submission: What its file holds, where there is one.
        seconds: Of this run, by part.
        gzip: Whether the submission is compressed.
    """
    lines = [f"{summary.masks:,} masks, {summary.empty:,} of them empty"]
    if summary.masks:
        lines += ["", "share of the photograph that is object", *_histogram(summary.areas)]
    if summary.quarantined:
        reasons = ", ".join(
            f"{reason} {count:,}" for reason, count in sorted(summary.quarantined.items())
        )
        lines += ["", f"Without a mask: {reasons}", f"All of them: {_short(output.quarantine)}"]
    lines += ["", _seconds(summary, seconds)]
    if submission is not None:
        lines += _submission_lines(submission, _short(output.submission(gzip=gzip)))
    else:
        lines.append(f"Pictures: {_short(output.pictures)}")
    lines.append(f"All figures: {_short(output.summary)}")
    for line in lines:
        console.print(Text(line))


def _histogram(areas: list[int]) -> list[str]:
    most = max(areas)
    lines = []
    for index, count in enumerate(areas):
        bar = "#" * round(_BAR * count / most)
        lines.append(f"  {10 * index:3}-{10 * index + 10:<3}% {bar:<{_BAR}} {count:,}")
    return lines


def _seconds(summary: BatchSummary, seconds: Mapping[str, float]) -> str:
    of_run = ", ".join(f"{name.replace('_', ' ')} {each:.1f}" for name, each in seconds.items())
    stages = summary.stages
    of_workers = f"read {stages.read:.1f}, model {stages.model:.1f}, write {stages.write:.1f}"
    return f"Seconds of this run: {of_run}; of the workers, all runs: {of_workers}"


def _submission_lines(submission: SubmissionCounts, path: str) -> list[str]:
    lines = [f"Submission: {path}, {submission.rows:,} rows"]
    if submission.without_mask:
        named = ", ".join(submission.without_mask[:_NAMED])
        more = len(submission.without_mask) - _NAMED
        lines.append(
            f"Warning: {len(submission.without_mask):,} rows have an empty mask, because there is "
            f"no mask of {named}{f' and {more:,} more' if more > 0 else ''}"
        )
    if submission.left_out:
        lines.append(
            f"Warning: {submission.left_out:,} masks are left out; the sample does not name them"
        )
    return lines


def _short(place: str) -> str:
    return short_path(Path(place)) if is_local(place) else place
