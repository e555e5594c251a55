"""Runs over files that cannot be masked."""

import json
import shutil

from batch import read_shard


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


def test_a_film_that_is_called_a_photograph_is_not_read(run, photographs, monkeypatch):
    folder = photographs(1)
    with (folder / "film.jpg").open("wb") as film:
        film.truncate(2**33)
    read = read_shard.read_photograph_file
    asked = []
    monkeypatch.setattr(
        read_shard, "read_photograph_file", lambda path: (asked.append(path), read(path))[1]
    )
    code, _, out = run(folder)
    assert code == 0
    [aside] = (out / "quarantine.jsonl").read_text().splitlines()
    assert json.loads(aside) == {
        "file": f"{folder}/film.jpg",
        "reason": "image over the limits",
        "detail": "it has 8589934592 bytes, and 1000000 are the most",
    }
    assert asked == [f"{folder}/car_00.jpg"]


def test_what_is_a_byte_too_large_is_set_aside_in_the_words_of_the_model(
    run, photographs, exported, tmp_path
):
    folder = photographs(1)
    size = (folder / "car_00.jpg").stat().st_size
    model = tmp_path / "model"
    shutil.copytree(exported(max_bytes=size - 1), model)
    lines = []
    for card in (True, False):
        if not card:
            (model / "model_card.json").unlink()
            shutil.rmtree(tmp_path / "out")
        assert run(folder, models=(str(model),))[0] == 1
        lines.append((tmp_path / "out" / "quarantine.jsonl").read_text())
    assert lines[0] == lines[1]
    assert f"it has {size} bytes, and {size - 1} are the most" in lines[0]


def test_long_names(run, photographs, tmp_path):
    folder = photographs(1)
    # Masks lie below a longer path than photographs, so that one of them has none.
    deep = folder
    while len(str(deep)) < 4050:
        deep = deep / ("d" * min(200, 4060 - len(str(deep)) - 1))
    deep.mkdir(parents=True)
    room = 4095 - len(f"{deep}/.jpg")
    for path in (folder / f"{'a' * 251}.jpg", deep / f"{'b' * room}.jpg"):
        path.write_bytes((folder / "car_00.jpg").read_bytes())
    code, screen, out = run(f"{folder}/**", kind="png")
    assert code == 0, screen
    masks = [path.name for path in (out / "masks").iterdir() if path.is_file()]
    assert sorted(masks) == [f"{'a' * 251}.png", "car_00.png"]
    [aside] = (out / "quarantine.jsonl").read_text().splitlines()
    assert json.loads(aside)["reason"] == "name does not parse"
    assert json.loads(aside)["detail"].endswith("File name too long")
    assert "3 of them done before" in run(f"{folder}/**", kind="png")[1]
