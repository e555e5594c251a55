"""Whole runs in this process, on tiny photographs: what they make, and what they refuse."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from batch import write_shards
from batch.masking import Tile
from pipeline.beam_runner import PORTABLE, BeamRunner
from pipeline.closing import short_path
from tests.batch.run_results import pixels, rows, served_masks
from trainer.rle import decode

WORKERS = ("environment_type=EXTERNAL", "environment_config=localhost:1")


def test_run_lengths_are_those_of_the_server(run, photographs, exported):
    folder = photographs(8)
    code, screen, out = run(folder)
    assert code == 0
    found = rows(out / "submission.csv")
    served = served_masks(exported(), folder)
    assert list(found) == sorted(served)
    for name, runs in found.items():
        np.testing.assert_array_equal(decode(runs, 40, 60) * 255, pixels(served[name]))
    assert sorted(path.name for path in (out / "shards").iterdir()) == [
        f"0000{index}-of-00003.{kind}" for index in range(3) for kind in ("csv", "json")
    ]
    summary = json.loads((out / "summary.json").read_text())
    areas = [np.count_nonzero(pixels(mask)) / 2400 for mask in served.values()]
    assert list(summary["mask_area_histogram"].values()) == list(
        np.histogram(areas, np.linspace(0, 1, 11))[0]
    )
    assert (summary["files"], summary["masks"], summary["empty_masks"]) == (8, 8, 0)
    assert summary["worker_seconds"]["model"] > 0
    assert (out / "quarantine.jsonl").read_text() == ""
    assert "8 masks, 0 of them empty" in screen


def test_masks_are_the_bytes_of_the_server(run, photographs, exported):
    folder = photographs(4)
    code, _, out = run(folder, kind="png")
    assert code == 0
    found = {path.stem: path.read_bytes() for path in (out / "masks").iterdir()}
    served = served_masks(exported(), folder)
    assert found == {name.removesuffix(".jpg"): mask for name, mask in served.items()}


@pytest.mark.parametrize("kind", ["cutout", "composite"])
def test_cutouts_and_composites(run, photographs, exported, kind):
    folder = photographs(2)
    code, _, out = run(folder, kind=kind, background="#00ff00")
    assert code == 0
    for name, mask in served_masks(exported(), folder).items():
        picture = cv2.imread(str(out / f"{kind}s" / name.replace("jpg", "png")), -1)
        original = cv2.imread(str(folder / name))
        is_object = pixels(mask) > 0
        np.testing.assert_array_equal(picture[is_object][:, :3], original[is_object])
        if kind == "cutout":
            np.testing.assert_array_equal(picture[..., 3], pixels(mask))
        else:
            assert (picture[~is_object] == (0, 255, 0)).all()


def test_the_rate_is_that_of_all_photographs_whoever_reports_them(run, photographs, monkeypatch):
    monkeypatch.setattr(write_shards.progress, "advance", lambda *_: None)
    _, _, out = run(photographs(4))
    summary = json.loads((out / "summary.json").read_text())
    seconds = summary["seconds_of_this_run"]["mask"]
    assert summary["photographs_per_second"] == pytest.approx(4 / seconds, rel=0.1)


@pytest.mark.parametrize(
    ("runner", "message"),
    [
        (BeamRunner(PORTABLE, ("job_endpoint=localhost:1", *WORKERS)), "--input "),
        (BeamRunner(PORTABLE, ("job_endpoint=localhost:1", *WORKERS), "", ("/",)), "nobody answer"),
    ],
)
def test_workers_elsewhere_must_see_the_files_and_be_there(run, photographs, runner, message):
    code, screen, out = run(photographs(1), runner=runner)
    assert code == 1
    assert message in screen
    assert not (out / "shards").exists()


def test_what_is_done_is_put_together_without_the_workers(run, photographs):
    folder = photographs(1)
    run(folder)
    runner = BeamRunner(PORTABLE, ("job_endpoint=localhost:1", *WORKERS), "", ("/",))
    assert run(folder, runner=runner)[0] == 0


def test_an_ensemble_and_tiles_run_too(run, photographs, exported):
    members = exported(), exported(threshold=0.4, enlarge="logits", flip_average=True)
    code, screen, out = run(photographs(3), models=members, tile=Tile(30, 20, 4))
    assert code == 0
    assert all(rows(out / "submission.csv").values())
    assert f"; model {', '.join(short_path(Path(member)) for member in members)}\n" in screen
    assert json.loads((out / "summary.json").read_text())["models"] == list(members)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"models": ("nowhere",)}, "--model nowhere does not exist"),
        ({"sample_submission": "nowhere.csv"}, "nowhere.csv cannot be read: there is no such file"),
        ({"kind": "composite", "background": "#12"}, "'#12' is no colour"),
        ({"kind": "composite", "background": "nowhere.png"}, "--background nowhere.png: No such"),
    ],
)
def test_what_cannot_be_done(run, photographs, choices, message):
    code, screen, out = run(photographs(1), **choices)
    assert code == 1
    assert message in screen
    assert not out.exists()


def test_flip_averaging_that_the_model_does_itself(run, photographs, exported):
    model = exported(threshold=0.4, enlarge="logits", flip_average=True)
    code, screen, _ = run(photographs(1), models=(model,), flip_average=True)
    assert code == 1
    assert "the model averages with the mirror image itself; leave it out" in screen
