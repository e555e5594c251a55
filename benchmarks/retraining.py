"""Continuous retraining on real photographs: three spans arrive, the third with shifted masks.

Needs the challenge's photographs and the better part of an hour on two cores, so it is no part of
``make bench``:

    .venv/bin/python -m benchmarks.retraining --data DIR --folder FOLDER

A span is a folder of links to the photographs of some cars. When one has arrived the pipeline runs
as docs/retraining.md says: on all spans that are there, from the weights of the model that is
served. A server that watches the serving directory is asked for its version and for a mask. At the
end ``studio-mask rollback`` takes the second version back. What is finished stays in FOLDER, so
that a killed benchmark goes on where it was.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np
from PIL import Image

from benchmarks.machine import machine
from components.servable_path import FORMAT_SERVING
from components.split import split_of
from pipeline import features
from pipeline.overrides import apply_overrides
from pipeline.presets import PRESETS
from pipeline.run_record import last_run
from pipeline.workdir import Workdir
from serving.client.mask_client import MaskClient
from serving.server.embedded_server import EmbeddedServer
from serving.version_status import VersionState

_PROJECT = Path(__file__).parent.parent
_RESULTS = Path(__file__).parent / "results" / "retraining.json"
_PRESET = "carvana-128"
_CARS = 20
_SPANS = (1, 2, 3)
_SHIFTED = 3
_SETTINGS = (
    "data.spans.window=0",
    "warm_start=true",
    "data.test_fraction=0.3",
    "cnn_fit.epochs=3",
    # What thirteen cars reach on a car unlike them all; the preset asks it of forty-five.
    "gate.dice_floor=0.9",
    "gate.slice_floor=0.85",
    # Thirteen cars are a quarter of the steps that the preset's running mean is made for.
    "unet_fit.ema_momentum=0.99",
)
_COLD = ("unet_fit.epochs=60", "unet_fit.patience=60")
# Trained weights need fewer epochs and smaller steps.
_WARM = ("unet_fit.epochs=30", "unet_fit.patience=30", "unet_fit.learning_rate=0.0007")


@click.command()
@click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The challenge's photographs with their masks, of 60 cars at least.",
)
@click.option("--folder", required=True, type=click.Path(path_type=Path), help="For everything.")
@click.option("--shift", default=12, show_default=True, help="Pixels to the right and down.")
@click.option("--out", type=click.Path(path_type=Path), default=_RESULTS, show_default=True)
def main(data: Path, folder: Path, shift: int, out: Path) -> None:
    """Runs the scenario and writes its figures."""
    data, folder = data.resolve(), folder.resolve()
    known = sorted({path.name.split("_")[0] for path in (data / "train").iterdir()})
    cars = {span: known[(span - 1) * _CARS : span * _CARS] for span in _SPANS}
    workdir = Workdir(folder / "run")
    runs: list[dict[str, Any]] = []
    for span in _SPANS:
        _arrive(data, folder / "photos" / f"span-{span}", cars[span], shift * (span == _SHIFTED))
        runs.append(_retrain(folder, span))
        if span == 1:
            server = EmbeddedServer(workdir.serving_directory, model_name="mask")
            server.start(timeout_s=300)
        photograph = (data / "train" / f"{cars[1][0]}_01.jpg").read_bytes()
        if "served" not in runs[-1]:
            runs[-1]["served"] = _served(server, workdir, photograph)
            _kept(folder, span).write_text(json.dumps(runs[-1], indent=2) + "\n")
    names = _versions(runs)
    result = {
        "machine": machine(),
        "preset": _PRESET,
        "settings": _SETTINGS,
        "settings of span 1": _COLD,
        "settings of later spans": _WARM,
        "cars per span": _CARS,
        "masks of span 3 shifted by": f"{shift} px to the right, {shift} px down",
        "spans": [_figures(run, cars, names) for run in runs],
        "dice on test cars with right masks": _on_right_masks(data, folder, cars, runs),
        "rollback": _roll_back(server, workdir, photograph, runs, names),
    }
    server.stop()
    out.write_text(json.dumps(result, indent=2) + "\n")
    click.echo(json.dumps(result, indent=2))


def _arrive(data: Path, span: Path, cars: Sequence[str], shift: int) -> None:
    """Makes the folder of a span, under another name first, as whoever delivers one should."""
    if span.exists():
        return
    hidden = span.with_name(f".{span.name}")
    shutil.rmtree(hidden, ignore_errors=True)
    for place in ("train", "train_masks"):
        (hidden / place).mkdir(parents=True)
    (hidden / "metadata.csv").symlink_to(data / "metadata.csv")
    for car in cars:
        for path in data.glob(f"train/{car}_*"):
            (hidden / "train" / path.name).symlink_to(path)
        for path in data.glob(f"train_masks/{car}_*"):
            if shift:
                _shifted(path, shift).save(hidden / "train_masks" / f"{path.stem}.png")
            else:
                (hidden / "train_masks" / path.name).symlink_to(path)
    hidden.rename(span)


def _shifted(path: Path, shift: int) -> Image.Image:
    with Image.open(path) as opened:
        mask = np.asarray(opened.convert("L"))
    moved = np.zeros_like(mask)
    moved[shift:, shift:] = mask[:-shift, :-shift]
    return Image.fromarray(moved)


def _retrain(folder: Path, span: int) -> dict[str, Any]:
    """Runs the pipeline and keeps its summary, with the model's and the evaluation's folders."""
    if _kept(folder, span).exists():
        return dict(json.loads(_kept(folder, span).read_text()))
    workdir = Workdir(folder / "run")
    settings = (*_SETTINGS, *(_COLD if span == 1 else _WARM))
    command = [sys.executable, "local_runner.py", "--preset", _PRESET]
    command += ["--data", str(folder / "photos" / "span-{SPAN}"), "--workdir", str(workdir.path)]
    command += [part for setting in settings for part in ("--set", setting)]
    subprocess.run(command, cwd=_PROJECT, check=True)
    _kept(folder, span).parent.mkdir(exist_ok=True)
    run = _finished(workdir, span)
    _kept(folder, span).write_text(json.dumps(run, indent=2) + "\n")
    return run


def _kept(folder: Path, span: int) -> Path:
    return folder / "runs" / f"span-{span}.json"


def _finished(workdir: Workdir, span: int) -> dict[str, Any]:
    """Returns what the last run came to."""
    from tfx import v1 as tfx

    metadata = tfx.orchestration.metadata.sqlite_metadata_connection_config(str(workdir.metadata))
    uris = last_run(metadata).uris
    fit = Path(uris["Trainer.unet", "model_run"], "fit.json")
    return {
        "span": span,
        "summary": json.loads(workdir.summary.read_text()),
        "model": os.path.join(uris["Trainer.unet", "model"], FORMAT_SERVING),
        "evaluation": uris["Gate", "evaluation"],
        "started_from": json.loads(fit.read_text())["started_from"],
    }


def _served(server: EmbeddedServer, workdir: Workdir, photograph: bytes) -> dict[str, Any]:
    """Waits until the server has the newest version alone, and asks for a mask."""
    newest = workdir.served_version()
    assert newest is not None
    started = time.monotonic()
    with MaskClient(server.target) as client:
        while _available(client) != [int(newest.name)]:
            if time.monotonic() - started > 120:
                raise TimeoutError(f"the server does not come to {newest}")
            time.sleep(0.1)
        seconds = time.monotonic() - started
        mask = client.mask(photograph)
    return {"version": newest.name, "seconds": round(seconds, 1), "mask": mask.hex()}


def _available(client: MaskClient) -> list[int]:
    return [each.version for each in client.status() if each.state is VersionState.AVAILABLE]


def _versions(runs: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Returns what versions are called here, by the number that the pipeline gave them."""
    pushed = [Path(run["summary"]["pushed"]).name for run in runs if run["summary"]["pushed"]]
    return {version: f"version {number}" for number, version in enumerate(pushed, start=1)}


def _figures(
    run: dict[str, Any], cars: dict[int, list[str]], names: dict[str, str]
) -> dict[str, Any]:
    summary = run["summary"]
    against = [each for each in summary["reasons"] if each["name"].startswith("not worse than")]
    return {
        "span": run["span"],
        "started from": "the served model" if run["started_from"] else "nothing",
        "photographs": summary["photographs"],
        "cars": summary["cars"],
        "epochs": summary["models"]["unet"]["epochs"],
        "minutes of the fit": round(summary["models"]["unet"]["fit_seconds"] / 60, 1),
        "dice of the candidate": summary["models"]["unet"]["test_dice"],
        "dice of the served model": summary["blessed_dice"],
        "difference": {key: against[0]["numbers"][key] for key in ("gain", "low", "high", "cars")}
        if against
        else None,
        "by span, with the masks as they came": _by_span(
            Path(run["evaluation"], "scores.csv"), cars, ("unet", "blessed")
        ),
        "blessed": summary["blessed"],
        "failed": {
            each["name"]: each["reason"]
            for each in (*summary["reasons"], *summary["server_reasons"])
            if not each["passed"]
        },
        "drift": summary["drift"],
        "served afterwards": names[run["served"]["version"]],
        "seconds until it was served": run["served"]["seconds"],
    }


def _by_span(
    scores: Path, cars: dict[int, list[str]], models: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Returns the mean Dice of each model on the cars of each span."""
    dice: dict[str, dict[str, list[float]]] = {model: defaultdict(list) for model in models}
    span_of = {car: f"span {span}" for span, of_span in cars.items() for car in of_span}
    with scores.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["model"] in dice:
                dice[row["model"]][span_of[row["group_id"]]].append(float(row["dice"]))
    return {
        model: {span: float(np.mean(values)) for span, values in sorted(of_model.items())}
        for model, of_model in dice.items()
        if of_model
    }


def _on_right_masks(
    data: Path, folder: Path, cars: dict[int, list[str]], runs: Sequence[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """Scores every candidate on the test cars of all spans, each with the mask it should have."""
    config = apply_overrides(PRESETS[_PRESET], _SETTINGS).data
    tested = [
        car for each in cars.values() for car in each if split_of(car, config) == features.TEST
    ]
    _arrive(data, folder / "right_masks", tested, 0)
    output = folder / "right_masks_evaluation"
    models = {f"candidate-{run['span']}": run["model"] for run in runs}
    if not output.exists():
        named = [f"--model={name}={path}" for name, path in models.items()]
        _studio_mask("evaluate", *named, f"--data={folder / 'right_masks'}", f"--output={output}")
    return _by_span(output / "scores.csv", cars, tuple(models))


def _roll_back(
    server: EmbeddedServer,
    workdir: Workdir,
    photograph: bytes,
    runs: Sequence[dict[str, Any]],
    names: dict[str, str],
) -> dict[str, Any]:
    """Takes the second version back and compares what is served then with what was at first."""
    _studio_mask("rollback", str(workdir.serving_directory), "--reason", "benchmark")
    served = _served(server, workdir, photograph)
    return {
        "from": names[runs[-1]["served"]["version"]],
        "to": names[served["version"]],
        "seconds until it was served": served["seconds"],
        "same mask as before": served["mask"] == runs[0]["served"]["mask"],
    }


def _studio_mask(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "serving", *arguments], cwd=_PROJECT, check=True)


if __name__ == "__main__":
    main()
