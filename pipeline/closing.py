"""The end of a run on the screen: scores, verdict, where things lie, what is next."""

import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.first_mask import FirstMask
from pipeline.summary import SUMMARY_FILE, Summary

# Below the workdir; TensorFlow Serving's --model_base_path.
SERVING_DIRECTORY = Path("serving_models", "mask")

_HEADINGS = ("test Dice", "val Dice", "threshold", "parameters", "epochs", "seconds")


def print_closing(
    console: Console, summary: Summary, mask: FirstMask | None, workdir: Path, log: Path
) -> None:
    """Prints the end of a run.

    Args:
        console: The user's screen.
        summary: Of the run.
        mask: The one asked for over gRPC; None where no model was ever pushed.
        workdir: Of the run.
        log: Of the libraries.
    """
    console.print(_scores(summary))
    console.print()
    for line in (*_data(summary), *_verdict(summary)):
        console.print(line, highlight=False)
    if mask is not None:
        console.print(
            f"One mask over gRPC: {_short(mask.picture)} (Dice {mask.dice:.4f})", highlight=False
        )
    console.print(
        f"All figures: {_short(workdir / SUMMARY_FILE)}   Log: {_short(log)}",
        highlight=False,
    )
    if mask is not None:
        console.print(
            f"Next: studio-mask serve --model_base_path {_short(workdir / SERVING_DIRECTORY)} "
            "--model_name mask --port 8500",
            highlight=False,
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
            f"{model.val_dice:.4f}",
            f"{model.threshold:.3f}",
            f"{model.parameters:,}",
            str(model.epochs),
            f"{model.fit_seconds:.0f}",
        )
    if summary.blessed_dice is not None:
        table.add_row("last blessed", f"{summary.blessed_dice:.4f}")
    return table


def _data(summary: Summary) -> list[str]:
    counts = ", ".join(
        f"{split} {count} ({summary.cars[split]} cars)"
        for split, count in summary.photographs.items()
    )
    lines = [f"Photographs: {counts}"]
    if summary.cars_without_metadata:
        lines.append(f"Cars that metadata.csv does not know: {summary.cars_without_metadata}")
    if summary.quarantined:
        reasons = ", ".join(f"{reason} {count}" for reason, count in summary.quarantined.items())
        lines.append(f"Set aside: {reasons}; see {_short(Path(summary.quarantine_list))}")
    return lines


def _verdict(summary: Summary) -> list[str]:
    verdict = "[green]blessed[/green]" if summary.blessed else "[red]rejected[/red]"
    lines = [f"The U-Net is {verdict}:"]
    for clause in summary.reasons:
        sign = "yes" if clause["passed"] else "NO "
        lines.append(f"  {sign} {clause['name']}: {clause['reason']}")
    if summary.pushed:
        lines.append(f"Pushed to {_short(Path(summary.pushed))}")
    else:
        lines.append("Nothing was pushed; the versions served so far are as they were.")
    return lines


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
