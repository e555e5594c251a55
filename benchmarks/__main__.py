"""Runs the benchmarks and writes one JSON file each into benchmarks/results/."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from benchmarks import (
    batch_inference,
    ingestion,
    input_pipeline,
    pipeline_memory,
    reply,
    reply_shares,
    server_swaps,
    server_throughput,
    studio_speed,
    training_step,
    transform,
)
from benchmarks.machine import machine

_BENCHMARKS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "studio_speed": studio_speed.measure,
    "pipeline_memory": pipeline_memory.measure,
    "ingestion": ingestion.measure,
    "transform": transform.measure,
    "reply": reply.measure,
    "reply_shares": reply_shares.measure,
    "server_throughput": server_throughput.measure,
    "server_swaps": server_swaps.measure,
    "batch_inference": batch_inference.measure,
    "input_pipeline": input_pipeline.measure,
    "training_step": training_step.measure,
}
_RESULTS = Path(__file__).parent / "results"


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(sorted(_BENCHMARKS)))
def main(names: tuple[str, ...]) -> None:
    """Runs the NAMES, or all benchmarks."""
    for name in names or sorted(_BENCHMARKS):
        with tempfile.TemporaryDirectory(prefix="studio-mask-") as scratch:
            figures = _BENCHMARKS[name](Path(scratch))
        path = _RESULTS / f"{name}.json"
        path.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n")
        click.echo(f"{path.relative_to(Path.cwd())}: {json.dumps(figures)}")


main()
