"""The end of a run on the screen: scores, verdict, where things lie, what is next."""

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipeline.make_summary import make_lines
from pipeline.summary import Summary
from pipeline.workdir import Workdir

_HEADINGS = (
    "test Dice",
    "95% interval",
    "ceiling",
    "px off",
    "val Dice",
    "parameters",
    "seconds",
)


def print_closing(console: Console, summary: Summary, workdir: Workdir) -> None:
    """Prints scores, verdict and where things lie.

    Args:
        console: The user's screen.
        summary: Of the run.
        workdir: Of the run.
    """
    console.print()
    console.print(_scores(summary))
    console.print()
    for line in (*_data(summary), *_verdict(summary, workdir)):
        console.print(line)
    if summary.make is not None:
        for text in make_lines(summary.make):
            console.print(Text(text))
    if summary.suspected_labels:
        console.print(Text(f"Masks to check by hand: {_first(summary.suspected_labels)}"))
    if summary.bulk_masks is not None:
        console.print(Text(f"Bulk masks: {short_path(Path(summary.bulk_masks))}"))
    console.print(Text(f"Report: {short_path(Path(summary.report))}"))
    console.print(
        Text(f"All figures: {short_path(workdir.summary)}   Log: {short_path(workdir.log)}")
    )


def _scores(summary: Summary) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("model")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for name, model in summary.models.items():
        table.add_row(
            name,
            f"{model.test_dice:.4f}",
            "{:.4f}-{:.4f}".format(*model.test_interval) if model.test_interval else "one car",
            "" if model.ceiling is None else f"{model.ceiling:.4f}",
            f"{model.boundary_distance:.1f}",
            f"{model.val_dice:.4f}",
            f"{model.parameters:,}",
            f"{model.fit_seconds:.0f}",
        )
    if summary.blessed_dice is not None:
        table.add_row("last blessed", f"{summary.blessed_dice:.4f}")
    return table


def _data(summary: Summary) -> list[Text]:
    counts = ", ".join(
        f"{split} {count} ({summary.cars[split]} cars)"
        for split, count in summary.photographs.items()
    )
    lines = [f"Photographs: {counts}"]
    if summary.cars_without_metadata:
        lines.append(f"Cars without metadata: {summary.cars_without_metadata}")
    if summary.quarantined:
        reasons = ", ".join(f"{reason} {count}" for reason, count in summary.quarantined.items())
        lines.append(f"Set aside: {reasons}; see {short_path(Path(summary.quarantine_list))}")
    lines += [f"Drift: {finding}" for finding in summary.drift]
    return [Text(line) for line in lines]


def _verdict(summary: Summary, workdir: Workdir) -> list[Text]:
    verdict = ("blessed", "green") if summary.blessed else ("rejected", "red")
    lines = [Text.assemble("The U-Net is ", verdict, ":")]
    for clause in (*summary.reasons, *summary.server_reasons):
        sign = "yes" if clause["passed"] else "NO "
        lines.append(Text(f"  {sign} {clause['name']}: {clause['reason']}"))
    if summary.withdrawn is not None and summary.blessed:
        base = short_path(workdir.serving_directory)
        lines.append(
            Text(
                f"It is not pushed again, because {summary.withdrawn}. To serve it all the same: "
                f"studio-mask rollback {base} --restore VERSION"
            )
        )
    elif summary.pushed is None and summary.blessed:
        lines.append(Text("It was pushed by an earlier run, and that version was removed since."))
    elif summary.pushed is None:
        lines.append(Text("Nothing was pushed."))
    else:
        lines.append(Text(f"Pushed to {short_path(Path(summary.pushed))}"))
    if summary.served is not None and summary.served != summary.pushed:
        lines.append(Text(f"A server goes on with {short_path(Path(summary.served))}"))
    return lines


def _first(names: list[str], shown: int = 3) -> str:
    more = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {more} more" if more > 0 else "")


def short_path(path: Path) -> str:
    """Returns a path as a user would type it: relative if it lies below the current folder."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
