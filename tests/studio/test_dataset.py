from __future__ import annotations

import csv
import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio import dataset
from studio.cars import draw_car
from studio.config import StudioConfig
from studio.dataset import OutputInTheWay, render_dataset
from studio.masks import decode_runs

ROOT = Path(__file__).parents[2]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_the_layout_is_carvanas(tiny_rendering: Path, tiny_config: StudioConfig):
    train = [draw_car(tiny_config.seed, index).id for index in range(2)]
    test = [draw_car(tiny_config.seed, 0, labelled=False).id]
    expected = {f"train/{car}_{pose:02d}.jpg" for car in train for pose in range(1, 5)}
    expected |= {f"train_masks/{car}_{pose:02d}_mask.gif" for car in train for pose in range(1, 5)}
    expected |= {f"test/{car}_{pose:02d}.jpg" for car in test for pose in range(1, 5)}
    expected |= {"metadata.csv", "train_masks.csv", "sample_submission.csv", "studio.json"}
    assert set(_digests(tiny_rendering)) == expected


def test_photographs_are_rgb_jpegs_of_the_size_asked(tiny_rendering: Path):
    for path in (*tiny_rendering.glob("train/*"), *tiny_rendering.glob("test/*")):
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (96, 64))
            assert np.asarray(picture).std() > 20


def test_masks_are_two_valued_gifs_and_match_the_run_lengths(tiny_rendering: Path):
    rows = _rows(tiny_rendering / "train_masks.csv")
    assert [row["img"] for row in rows] == sorted(p.name for p in tiny_rendering.glob("train/*"))
    for row in rows:
        name = row["img"].replace(".jpg", "_mask.gif")
        with Image.open(tiny_rendering / "train_masks" / name) as picture:
            assert (picture.format, picture.mode) == ("GIF", "P")
            mask = np.asarray(picture)
        assert set(np.unique(mask)) == {0, 1}
        np.testing.assert_array_equal(decode_runs(row["rle_mask"], 64, 96), mask)


def test_metadata_is_quoted_and_covers_all_cars(tiny_rendering: Path, tiny_config: StudioConfig):
    text = (tiny_rendering / "metadata.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == '"id","year","make","model","trim1","trim2"'
    cars = [draw_car(3, 0), draw_car(3, 1), draw_car(3, 0, labelled=False)]
    expected = {
        car.id: (str(car.year), car.model.make, car.model.model, *car.trims) for car in cars
    }
    rows = _rows(tiny_rendering / "metadata.csv")
    assert {row["id"]: tuple(row.values())[1:] for row in rows} == expected


def test_the_sample_submission_lists_the_test_files(tiny_rendering: Path):
    rows = _rows(tiny_rendering / "sample_submission.csv")
    assert [row["img"] for row in rows] == sorted(p.name for p in tiny_rendering.glob("test/*"))
    assert {row["rle_mask"] for row in rows} == {"1 1"}


def test_a_car_does_not_depend_on_how_many_there_are(
    tiny_rendering: Path, tiny_config: StudioConfig, tmp_path: Path
):
    alone = dataclasses.replace(tiny_config, cars=1, test_cars=0)
    files = _digests(render_dataset(tmp_path / "alone", alone))
    both = _digests(tiny_rendering)
    pictures = [name for name in files if name.startswith("train")]
    pictures.remove("train_masks.csv")
    assert len(pictures) == 8
    assert all(files[name] == both[name] for name in pictures)


def test_the_bytes_do_not_depend_on_the_process(
    tiny_rendering: Path, tiny_config: StudioConfig, tmp_path: Path
):
    fields = dataclasses.asdict(tiny_config)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in fields.items()]
    subprocess.run(
        [sys.executable, "-m", "studio", f"--out={tmp_path / 'again'}", *flags],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "77"},
        check=True,
        capture_output=True,
    )
    assert _digests(tmp_path / "again") == _digests(tiny_rendering)


def test_another_seed_gives_other_cars(tiny_rendering: Path, tmp_path: Path):
    other = StudioConfig(cars=1, test_cars=0, seed=4, width=48, height=32, poses=1)
    files = _digests(render_dataset(tmp_path / "other", other))
    assert not {name for name in files if "/" in name} & set(_digests(tiny_rendering))


def test_progress_counts_every_photograph(tmp_path: Path):
    calls: list[tuple[int, int]] = []
    config = StudioConfig(cars=1, test_cars=1, width=48, height=32, poses=2)
    render_dataset(tmp_path / "out", config, lambda done, total: calls.append((done, total)))
    assert calls == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_failed_rendering_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    calls = []

    def fails(*args: object) -> bytes:
        calls.append(args)
        if len(calls) == 3:
            raise OSError("disk full")
        return b"GIF"

    monkeypatch.setattr(dataset, "encode_gif", fails)
    with pytest.raises(OSError, match="disk full"):
        render_dataset(tmp_path / "out", StudioConfig(cars=1, width=48, height=32))
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_rendering_leaves_nothing(tmp_path: Path):
    def interrupts(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_dataset(tmp_path / "out", StudioConfig(cars=1, width=48, height=32), interrupts)
    assert list(tmp_path.iterdir()) == []


def test_a_finished_rendering_is_left_as_it_is(tiny_rendering: Path, tiny_config: StudioConfig):
    before = {path: path.stat().st_mtime_ns for path in tiny_rendering.rglob("*")}
    assert render_dataset(tiny_rendering, tiny_config) == tiny_rendering
    assert {path: path.stat().st_mtime_ns for path in tiny_rendering.rglob("*")} == before


def test_another_config_or_version_is_refused(
    tiny_rendering: Path, tiny_config: StudioConfig, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(OutputInTheWay, match="not empty"):
        render_dataset(tiny_rendering, dataclasses.replace(tiny_config, seed=9))
    monkeypatch.setattr(dataset, "RENDERER_VERSION", -1)
    with pytest.raises(OutputInTheWay, match="not empty"):
        render_dataset(tiny_rendering, tiny_config)


def test_an_empty_folder_is_filled_and_a_file_refused(tmp_path: Path):
    config = StudioConfig(cars=1, test_cars=0, width=48, height=32, poses=1)
    (tmp_path / "empty").mkdir()
    assert (render_dataset(tmp_path / "empty", config) / "studio.json").is_file()
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputInTheWay):
        render_dataset(tmp_path / "file", config)
    assert (tmp_path / "file").read_text() == "mine"
