"""What the gate's evaluation costs over the least that it could: per photograph, memory, workers.

Needs a finished run on full-size photographs, so it is no part of ``make bench``:

    .venv/bin/python -m benchmarks.evaluation --workdir runs/carvana-512

The floor is what scoring cannot do without: decoding the photograph and one forward pass (the
signature ``probability``), and decoding one PNG. Expected: at most 1.5 times that per photograph
and model; the same peak memory for 128 and 1,024 photographs within a tenth; two workers near twice
as fast as one. The results file holds one run for each size of the U-Net's input.
"""

import functools
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import apache_beam as beam
import click
from ml_metadata.proto import metadata_store_pb2

from benchmarks.machine import machine
from components.servable_path import FORMAT_SERVING
from evaluation.asked_model import ServableModel
from evaluation.evaluate import add_evaluation
from evaluation.masked_photograph import MaskedPhotograph, records_of, split_files
from pipeline import features
from pipeline.run_record import last_run

_MODELS = ("unet", "cnn", "average_mask")
_RESULTS = Path(__file__).parent / "results" / "evaluation.json"
_COUNTS = (128, 1024)


@click.command()
@click.option("--workdir", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--models", default=",".join(_MODELS), show_default=True)
@click.option("--count", type=int, help="Used by the benchmark itself: photographs of one run.")
@click.option("--workers", default=1, help="Used by the benchmark itself.")
def main(workdir: Path, models: str, count: int | None, workers: int) -> None:
    """Measures, or with --count makes one run and prints its seconds and peak memory."""
    names = models.split(",")
    if count is not None:
        print(json.dumps(_one_run(workdir, names, count, workers)))
        return
    floor = _floor(workdir, names)
    figures: dict[str, Any] = {"models": names}
    runs = {
        f"{number}_photographs_{side_by_side}_workers": _in_a_process(
            workdir, models, number, side_by_side
        )
        for number, side_by_side in ((_COUNTS[0], 1), (_COUNTS[0], 2), (_COUNTS[1], 2))
    }
    # Before and after: the machine may have become slower.
    floor = (floor + _floor(workdir, names)) / 2
    one, two, many = runs.values()
    per_photograph = one["seconds"] / _COUNTS[0] / len(names)
    # Beyond what it takes to load the models and to start Beam.
    further = (many["seconds"] - two["seconds"]) / (_COUNTS[1] - _COUNTS[0]) / len(names)
    figures |= runs | {
        "floor_ms_per_model": round(1e3 * floor, 1),
        "ms_per_photograph_and_model": round(1e3 * per_photograph, 1),
        "ratio_to_floor": round(per_photograph / floor, 2),
        "ratio_to_floor_of_further_photographs": round(further / floor, 2),
        "two_workers_over_one": round(one["seconds"] / two["seconds"], 2),
        "peak_memory_ratio_1024_to_128": round(many["peak_mib"] / two["peak_mib"], 3),
    }
    results = json.loads(_RESULTS.read_text()) if _RESULTS.exists() else {}
    results[_input_size(workdir)] = {"machine": machine(), **figures}
    _RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    click.echo(json.dumps(figures, indent=2))


def _in_a_process(workdir: Path, models: str, count: int, workers: int) -> dict[str, Any]:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.evaluation", "--workdir", workdir, "--models", models]
        + ["--count", str(count), "--workers", str(workers)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(ran.stdout.splitlines()[-1])


def _one_run(workdir: Path, names: list[str], count: int, workers: int) -> dict[str, Any]:
    paths = _servables(workdir, names)
    models = {name: functools.partial(ServableModel.load, path) for name, path in paths.items()}
    with tempfile.TemporaryDirectory(prefix="studio-mask-") as scratch:
        records = _records(workdir, count, Path(scratch))
        start = time.perf_counter()
        with beam.Pipeline(
            argv=[
                "--direct_running_mode=multi_threading",
                f"--direct_num_workers={workers}",
                "--allow_unsafe_triggers",
            ]
        ) as root:
            # The gate does not hear the baselines on labels either.
            add_evaluation(
                root, records, models, scratch + "/evaluation", ("pose", "make"), ("unet",)
            )
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"seconds": round(seconds, 2), "peak_mib": peak}


def _records(workdir: Path, count: int, scratch: Path) -> list[str]:
    """Writes ``count`` records: those of the test split, again and again."""
    import tensorflow as tf

    known = _test_files(workdir)
    path = str(scratch / "records.gz")
    with tf.io.TFRecordWriter(path, "GZIP") as writer:
        written = 0
        while written < count:
            for record in records_of(known):
                if written < count:
                    writer.write(record)
                    written += 1
    return [path]


def _floor(workdir: Path, names: list[str]) -> float:
    """Returns seconds per photograph and model, one at a time."""
    photographs = [MaskedPhotograph.parse(record) for record in records_of(_test_files(workdir))]
    seconds = []
    for path in _servables(workdir, names).values():
        with ServableModel.load(path) as model:
            for photograph in photographs[:34]:
                start = time.perf_counter()
                model.has_finite_probabilities(photograph.image)
                photograph.truth()
                seconds.append(time.perf_counter() - start)
            # The first two warm up.
            del seconds[-34:-32]
    return sum(seconds) / len(seconds)


def _input_size(workdir: Path) -> str:
    """Returns the U-Net's, as width x height: "768x512"."""
    [path] = _servables(workdir, ["unet"]).values()
    with ServableModel.load(path) as model:
        height, width = model.input_size or (0, 0)
    return f"{width}x{height}"


def _test_files(workdir: Path) -> list[str]:
    return split_files(_record(workdir).uris["PhotographExampleGen", "examples"], features.TEST)


def _servables(workdir: Path, names: list[str]) -> dict[str, str]:
    uris = _record(workdir).uris
    return {name: f"{uris[f'Trainer.{name}', 'model']}/{FORMAT_SERVING}" for name in names}


def _record(workdir: Path) -> Any:
    metadata = metadata_store_pb2.ConnectionConfig()
    metadata.sqlite.filename_uri = str(workdir / "metadata.sqlite")
    return last_run(metadata)


if __name__ == "__main__":
    main()
