"""Runs that were stopped go on, and do nothing twice."""

import errno
import json
import os
import shutil

import cv2
import numpy as np
import pytest

from batch import read_shard, whole_file, write_shards
from batch.masking import Tile
from batch.output_folder import OutputFolder
from components.quarantine import Reason, UnusablePhotograph
from tests.batch.run_results import rows
from trainer.rle import decode


def test_only_missing_shards_are_done(run, photographs, monkeypatch):
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


def test_a_picture_that_has_gone_is_made_again(run, photographs):
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
def test_other_options_are_refused(run, photographs, choices, differs):
    folder = photographs(2)
    run(folder)
    code, screen, out = run(folder, **choices)
    assert code == 1
    assert f"holds another run: {differs} differs" in screen
    assert not (out / "masks").exists()


def test_blessed_goes_on_with_the_model_that_it_was(run, photographs, exported, tmp_path):
    folder = photographs(2)
    versions = tmp_path / "work dir" / "serving_models" / "mask"
    shutil.copytree(exported(), versions / "1")
    blessed = {"models": ("blessed",), "workdir": str(tmp_path / "work dir")}
    assert run(folder, **blessed)[0] == 0
    shutil.copytree(exported(threshold=0.4, enlarge="logits", flip_average=True), versions / "2")
    code, screen, _ = run(folder, **blessed)
    assert code == 1
    assert "another run: models differs" in screen
    assert f"or go on with the same command and --model '{versions}/1'\n" in screen
    assert run(folder, models=(str(versions / "1"),))[0] == 0


def test_another_model_is_refused(run, photographs, exported, tmp_path):
    folder = photographs(2)
    run(folder)
    other = tmp_path / "other"
    shutil.copytree(exported(), other)
    assert run(folder, models=(str(other),))[0] == 0  # The same one, elsewhere.
    with (other / "variables" / "variables.data-00000-of-00001").open("ab") as file:
        file.write(b"\0")
    assert "another run: models differs" in run(folder, models=(str(other),))[1]


def test_other_photographs_are_refused(run, photographs, image_file):
    folder = photographs(2)
    run(folder)
    (folder / "car_07.jpg").write_bytes(image_file())
    assert "another run: photographs, input differ" in run(folder)[1]


def test_a_photograph_that_is_replaced_is_masked_again(run, photographs):
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


def test_a_photograph_that_is_replaced_by_one_of_its_size_is_masked_again(run, photographs):
    folder = photographs(4)
    red = np.zeros((40, 60, 3), np.uint8)
    red[:20, :, 2] = 255

    def put(pixels):
        # Without compression, so that all pictures of a size are as large.
        file = cv2.imencode(".png", pixels, (cv2.IMWRITE_PNG_COMPRESSION, 0))[1]
        (folder / "car_02.jpg").write_bytes(file.tobytes())
        return (folder / "car_02.jpg").stat().st_size

    size = put(red)
    _, _, out = run(folder)
    before = rows(out / "submission.csv")
    assert put(red[::-1]) == size
    code, screen, _ = run(folder)
    assert code == 0
    assert "1 of them done before; photographs of 1 shards have changed; model" in screen
    after = rows(out / "submission.csv")
    turned = decode(after.pop("car_02.jpg"), 40, 60)[::-1]
    np.testing.assert_array_equal(turned, decode(before.pop("car_02.jpg"), 40, 60))
    assert 0 < turned.sum() < turned.size
    assert before == after


@pytest.mark.parametrize("kind", ["rle", "png", "cutout", "composite"])
def test_names_that_are_no_text(run, photographs, kind, monkeypatch):
    folder = photographs(2)
    for end in (b"\xff.jpg", b"\xfe.jpg"):
        (folder / os.fsdecode(b"car_9" + end)).write_bytes((folder / "car_00.jpg").read_bytes())
    (folder / os.fsdecode(b"car_9\xfd.jpg")).touch()
    save, saved = OutputFolder.save, []

    def stop_at_the_second(output, manifest):
        if saved:
            raise OSError("stopped")
        saved.append(manifest)
        save(output, manifest)

    with monkeypatch.context() as patch:
        patch.setattr(OutputFolder, "save", stop_at_the_second)
        assert run(folder, kind=kind, shard_size=2)[0] == 1
    code, screen, out = run(folder, kind=kind, shard_size=2)
    assert (code, len(saved)) == (0, 1), screen
    assert "5 photographs; " in screen
    assert "5 of them done before" in run(folder, kind=kind, shard_size=2)[1]
    names = ["car_00", "car_01", "car_9\udcfe", "car_9\udcff"]
    if kind == "rle":
        assert list(rows(out / "submission.csv")) == [f"{name}.jpg" for name in names]
    else:
        [pictures] = out.glob(f"{'masks' if kind == 'png' else f'{kind}s'}")
        assert sorted(path.name for path in pictures.iterdir()) == [f"{name}.png" for name in names]
    [aside] = (out / "quarantine.jsonl").read_text().splitlines()
    assert json.loads(aside)["file"] == f"{folder}/car_9\udcfd.jpg"


def test_a_run_that_stops_leaves_no_older_end(run, photographs, monkeypatch):
    folder = photographs(4)
    _, _, out = run(folder)
    (folder / "car_03.jpg").write_bytes((folder / "car_00.jpg").read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(OutputFolder, "save", lambda *_: 1 / 0)
        assert run(folder)[0] == 1
    assert sorted(path.name for path in out.iterdir()) == [".lock", "run.json", "shards"]
    assert run(folder)[0] == 0
    assert len(rows(out / "submission.csv")) == 4


def test_a_folder_of_other_things_is_refused(run, photographs, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").touch()
    code, screen, _ = run(photographs(2))
    assert code == 1
    assert "holds other things than a run: choose another one" in screen


def test_failed_photographs_are_tried_again_if_asked(run, photographs, monkeypatch):
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
