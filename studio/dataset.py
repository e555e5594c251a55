"""A whole rendering on disk, in Carvana's layout, which appears finished or not at all."""

from __future__ import annotations

import csv
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from studio.cars import Car, draw_car
from studio.config import StudioConfig
from studio.masks import encode_gif, encode_runs
from studio.photograph import render_photograph

RENDERER_VERSION = 1
"""Raised whenever the same config would give other bytes."""
RECORD = "studio.json"
"""The file that says what a finished folder was rendered from."""


class OutputInTheWay(ValueError):
    """The output folder holds something other than the rendering asked for."""


def render_dataset(
    out: Path, config: StudioConfig, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Renders photographs, masks and tables into a folder.

    Everything is written into a temporary folder beside `out`, which is renamed at the end; a run
    that fails or is killed leaves nothing at `out`. A folder that already holds the rendering of
    the same config is left as it is.

    Args:
        out: the folder to make; it may exist if it is empty or holds this very rendering.
        config: what to render.
        progress: called with (photographs done, photographs in all), first with 0.

    Returns:
        `out`.

    Raises:
        OutputInTheWay: if `out` exists and holds something else.
    """
    out = Path(out)
    if holds_rendering(out, config):
        return out
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputInTheWay(f"{out} is not empty and holds no rendering of this config")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        _render_into(beside, config, progress or (lambda done, total: None))
        beside.chmod(0o755)
        os.replace(beside, out)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return out


def holds_rendering(out: Path, config: StudioConfig) -> bool:
    """Returns whether a folder holds a finished rendering of this config by this renderer."""
    try:
        record = json.loads((Path(out) / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    return bool(record == _record(config))


def _record(config: StudioConfig) -> dict[str, object]:
    return {"renderer_version": RENDERER_VERSION, "config": asdict(config)}


def _render_into(folder: Path, config: StudioConfig, progress: Callable[[int, int], None]) -> None:
    for name in ("train", "train_masks", "test"):
        (folder / name).mkdir()
    train = [draw_car(config.seed, index) for index in range(config.cars)]
    test = [draw_car(config.seed, index, labelled=False) for index in range(config.test_cars)]
    done, runs, unlabelled = 0, [], []
    progress(done, config.photographs)
    for car in train + test:
        for pose in range(1, config.poses + 1):
            name = f"{car.id}_{pose:02d}"
            photograph, mask = render_photograph(car, pose, config)
            jpeg = encode_jpeg(photograph, config.jpeg_quality)
            if car.labelled:
                (folder / "train" / f"{name}.jpg").write_bytes(jpeg)
                (folder / "train_masks" / f"{name}_mask.gif").write_bytes(encode_gif(mask))
                runs.append((f"{name}.jpg", encode_runs(mask)))
            else:
                (folder / "test" / f"{name}.jpg").write_bytes(jpeg)
                unlabelled.append((f"{name}.jpg", "1 1"))
            done += 1
            progress(done, config.photographs)
    _write_table(folder / "train_masks.csv", ("img", "rle_mask"), sorted(runs))
    _write_table(folder / "sample_submission.csv", ("img", "rle_mask"), sorted(unlabelled))
    _write_metadata(folder / "metadata.csv", train + test)
    record = json.dumps(_record(config), indent=2) + "\n"
    (folder / RECORD).write_text(record, encoding="utf-8")


def encode_jpeg(photograph: npt.NDArray[np.uint8], quality: int) -> bytes:
    """Returns a photograph, [H, W, 3] uint8 RGB, as a JPEG file."""
    bgr = cv2.cvtColor(photograph, cv2.COLOR_RGB2BGR)
    written, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not written:
        raise RuntimeError(f"OpenCV could not encode a photograph of shape {photograph.shape}")
    return data.tobytes()


def _write_table(path: Path, header: tuple[str, ...], rows: list[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def _write_metadata(path: Path, cars: list[Car]) -> None:
    rows = [
        (car.id, str(car.year), car.model.make, car.model.model, *car.trims)
        for car in sorted(cars, key=lambda car: car.id)
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([("id", "year", "make", "model", "trim1", "trim2"), *rows])
