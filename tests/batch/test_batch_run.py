"""Whole runs in this process, on tiny photographs."""

import errno
import functools
import gzip
import io
import json
import shutil

import cv2
import numpy as np
import pytest
from rich.console import Console

from batch import mask_handler, mask_maker, read_shard, whole_file, write_shards
from batch.batch_command import run_batch
from batch.batch_options import BatchOptions
from batch.masking import Tile
from batch.output_folder import OutputFolder
from components.quarantine import Reason, UnusablePhotograph
from pipeline.beam_runner import PORTABLE, BeamRunner
from serving.server.servable import Servable
from trainer.rle import decode

WORKERS = ("environment_type=EXTERNAL", "environment_config=localhost:1")


@pytest.fixture(scope="module")
def loaded():
    """Loads a model once for all runs, which takes longer than all else that they do."""
    return functools.cache(mask_maker.load_mask_maker)


@pytest.fixture
def run(tmp_path, exported, loaded, monkeypatch):
    """Runs, and returns exit code, screen, and the output folder."""
    monkeypatch.setattr(mask_handler, "load_mask_maker", loaded)

    def run(folder, **choices):
        choices = {"models": (exported(),), "kind": "rle", "shard_size": 3} | choices
        options = BatchOptions(
            inputs=(str(folder),), output=str(tmp_path / "out"), batch_size=2, **choices
        )
        screen = io.StringIO()
        code = run_batch(options, Console(file=screen, width=400), tmp_path / "out.log")
        return code, screen.getvalue(), tmp_path / "out"

    return run


def rows(path):
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    header, *lines = text.decode().splitlines()
    assert header == "img,rle_mask"
    return dict(line.split(",") for line in lines)


def served_masks(path, folder):
    """The server's masks, by the photographs' names."""
    with Servable.load(path) as servable:
        return {
            each.name: servable.predict(
                {"image_bytes": np.array([each.read_bytes()], dtype=object)}
            )["mask_png_bytes"][0]
            for each in sorted(folder.iterdir())
        }


def pixels(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE)


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


def test_bad_files_among_good_ones(run, photographs, file_of, image_file):
    folder = photographs(3)
    (folder / "a_broken.jpg").write_bytes(image_file(60, 40, 9)[:300])
    (folder / "b_empty.jpg").touch()
    (folder / "c_text.png").write_text("no photograph")
    (folder / "d_png_inside.jpg").write_bytes(image_file(60, 40, 7, "PNG"))
    (folder / "e_lost.jpg").symlink_to("nowhere")
    (folder / "notes.txt").write_text("notes")
    (folder / "car_00.jpeg").write_bytes(image_file(60, 40, 8))
    code, screen, out = run(folder, kind="png")
    assert code == 0
    names = {path.stem for path in (out / "masks").iterdir()}
    assert names == {"car_00", "car_01", "car_02", "d_png_inside"}
    lines = [json.loads(line) for line in (out / "quarantine.jsonl").read_text().splitlines()]
    assert {line["file"].rpartition("/")[2]: line["reason"] for line in lines} == {
        "a_broken.jpg": "truncated image",
        "b_empty.jpg": "undecodable image",
        "c_text.png": "undecodable image",
        "car_00.jpg": "duplicate id",
        "e_lost.jpg": "unreadable file",
        "notes.txt": "neither photograph nor mask",
    }
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["files"], summary["masks"]) == (10, 4)
    assert "undecodable image 2" in screen


class TestSampleSubmission:
    @pytest.fixture
    def sample(self, tmp_path):
        path = tmp_path / "sample.csv"
        path.write_text("img,rle_mask\ncar_02.jpg,1 1\nzz.jpg,1 1\nbroken.jpg,1 1\ncar_00.jpg,\n")
        return str(path)

    def test_its_names_in_its_order(self, run, photographs, sample):
        folder = photographs(3)
        (folder / "broken.jpg").touch()
        code, screen, out = run(folder, sample_submission=sample, gzip=True)
        assert code == 0
        found = rows(out / "submission.csv.gz")
        assert list(found) == ["car_02.jpg", "zz.jpg", "broken.jpg", "car_00.jpg"]
        assert [bool(runs) for runs in found.values()] == [True, False, False, True]
        assert "Warning: 2 rows have an empty mask, because there is no mask of zz.jpg" in screen
        assert "Warning: 1 masks are left out; the sample does not name them" in screen

    def test_a_run_that_is_done_is_only_put_together_again(self, run, photographs, sample):
        folder = photographs(3)
        run(folder)
        code, screen, out = run(folder, sample_submission=sample)
        assert code == 0
        assert "3 photographs; 3 of them done before" in screen
        assert list(rows(out / "submission.csv"))[0] == "car_02.jpg"
        assert json.loads((out / "summary.json").read_text())["masked_by_this_run"] == 0


class TestGoingOn:
    def test_only_missing_shards_are_done(self, run, photographs, monkeypatch):
        folder = photographs(8)
        _, _, out = run(folder)
        before = (out / "submission.csv").read_bytes()
        (out / "shards" / "00001-of-00003.json").unlink()
        (out / "shards" / "00002-of-00003.csv").unlink()
        written = []
        write = write_shards.write_whole
        monkeypatch.setattr(
            write_shards, "write_whole", lambda path, _: (written.append(path), write(path, _))
        )
        code, screen, _ = run(folder)
        assert code == 0
        assert "8 photographs; 3 of them done before" in screen
        assert sorted(path[-18:] for path in written) == [
            "00001-of-00003.csv",
            "00002-of-00003.csv",
        ]
        assert (out / "submission.csv").read_bytes() == before

    def test_a_picture_that_has_gone_is_made_again(self, run, photographs):
        folder = photographs(4)
        _, _, out = run(folder, kind="png")
        (out / "masks" / "car_03.png").unlink()
        assert "4 photographs; 3 of them done before" in run(folder, kind="png")[1]
        assert (out / "masks" / "car_03.png").exists()

    @pytest.mark.parametrize(
        ("choices", "differs"),
        [
            ({"kind": "png"}, "format"),
            ({"threshold": 0.25}, "threshold"),
            ({"tile": Tile(20, 20, 4)}, "tile"),
            ({"shard_size": 5}, "shard_size"),
        ],
    )
    def test_other_options_are_refused(self, run, photographs, choices, differs):
        folder = photographs(2)
        run(folder)
        code, screen, out = run(folder, **choices)
        assert code == 1
        assert f"holds another run: {differs} differs" in screen
        assert not (out / "masks").exists()

    def test_another_model_is_refused(self, run, photographs, exported, tmp_path):
        folder = photographs(2)
        run(folder)
        other = tmp_path / "other"
        shutil.copytree(exported(), other)
        assert run(folder, models=(str(other),))[0] == 0  # The same one, elsewhere.
        with (other / "variables" / "variables.data-00000-of-00001").open("ab") as file:
            file.write(b"\0")
        assert "another run: models differs" in run(folder, models=(str(other),))[1]

    def test_other_photographs_are_refused(self, run, photographs, image_file):
        folder = photographs(2)
        run(folder)
        (folder / "car_07.jpg").write_bytes(image_file())
        assert "another run: photographs, input differ" in run(folder)[1]

    def test_a_photograph_that_is_replaced_is_masked_again(self, run, photographs):
        folder = photographs(8)
        content = (folder / "car_04.jpg").read_bytes()
        (folder / "car_04.jpg").write_bytes(content[:300])
        _, screen, out = run(folder)
        assert "Without a mask: truncated image 1" in screen
        (folder / "car_04.jpg").write_bytes(content)
        code, screen, _ = run(folder)
        assert code == 0
        assert "5 of them done before; photographs of 1 shards have changed; model" in screen
        assert len(rows(out / "submission.csv")) == 8
        assert (out / "quarantine.jsonl").read_text() == ""
        assert "8 photographs; 8 of them done before; model" in run(folder)[1]

    def test_a_folder_of_other_things_is_refused(self, run, photographs, tmp_path):
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "letter.txt").touch()
        code, screen, _ = run(photographs(2))
        assert code == 1
        assert "holds other things than a run: choose another one" in screen

    def test_failed_photographs_are_tried_again_if_asked(self, run, photographs, monkeypatch):
        folder = photographs(4)
        read = read_shard.read_photograph_file

        def fail(path):
            if path.endswith("car_01.jpg"):
                raise UnusablePhotograph(Reason.UNREADABLE, "car_01.jpg: the network is down")
            return read(path)

        monkeypatch.setattr(read_shard, "read_photograph_file", fail)
        _, screen, out = run(folder)
        assert "Without a mask: unreadable file 1" in screen
        assert "the network is down" in (out / "quarantine.jsonl").read_text()
        monkeypatch.setattr(read_shard, "read_photograph_file", read)
        assert "unreadable file 1" in run(folder)[1]

        # Stopped between a shard's run lengths and its manifest, it leaves no shard half done.
        with monkeypatch.context() as patch:
            patch.setattr(OutputFolder, "save", lambda *_: 1 / 0)
            code, screen, _ = run(folder, retry_failed=True)
            assert code == 1
            assert "\nZeroDivisionError: division by zero [while running 'Write']\n" in screen
        code, screen, out = run(folder)
        assert code == 0
        assert "4 photographs; 1 of them done before" in screen
        assert len(rows(out / "submission.csv")) == 4
        assert (out / "quarantine.jsonl").read_text() == ""


def test_a_full_disk_stops_the_run_and_the_next_one_goes_on(run, photographs, monkeypatch):
    folder = photographs(12)
    write = whole_file.write_atomically
    written = []

    def until_full(path, content):
        if path.suffix == ".csv":
            written.append(path)
            if len(written) > 2:
                raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(whole_file, "write_atomically", until_full)
    code, screen, out = run(folder)
    assert code == 1
    assert "the disk is full: " in screen
    assert "6 of 12 photographs are done and kept (2 of 4 shards)" in screen
    assert "run the same command again" in screen
    assert not (out / "submission.csv").exists()
    monkeypatch.setattr(whole_file, "write_atomically", write)
    code, screen, _ = run(folder)
    assert code == 0
    assert "12 photographs; 6 of them done before" in screen
    assert len(rows(out / "submission.csv")) == 12


def test_a_shard_whose_rows_have_gone_is_no_shorter_submission(run, photographs):
    folder = photographs(8)
    _, _, out = run(folder)
    shard = out / "shards" / "00001-of-00003.csv"
    shard.write_bytes(b"")
    code, screen, _ = run(folder)
    assert code == 1
    assert f"{shard} does not hold the 3 rows that were written: remove it, and run" in screen
    shard.unlink()
    assert run(folder)[0] == 0
    assert len(rows(out / "submission.csv")) == 8


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
    assert screen.count("models") >= 1


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


def test_a_folder_without_photographs(run, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "notes.txt").touch()
    code, screen, _ = run(tmp_path / "photos")
    assert code == 1
    assert "no photograph (*.jpg, *.jpeg, *.png) in the input" in screen


def test_not_one_mask(run, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    code, screen, _ = run(tmp_path / "photos")
    assert code == 1
    assert "Not one photograph has a mask." in screen


def test_photographs_are_never_overwritten(run, photographs, tmp_path):
    folder = photographs(2)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "masks").symlink_to(folder)
    (folder / "car_05.png").write_bytes((folder / "car_00.jpg").read_bytes())
    code, screen, _ = run(folder, kind="png")
    assert code == 1
    assert "would be overwritten: choose another --output" in screen
