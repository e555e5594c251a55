"""Results find their places."""

import os

import pytest

from serving.client.photograph_plan import PlanError
from serving.client.result_store import PictureFiles, TableRows
from serving.client.run_length_csv import RunLengthCsv


@pytest.fixture
def folder(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a.jpg", "b.jpg"):
        (source / name).write_bytes(b"x")
    return source


def test_pictures_of_a_folder_become_files(folder, tmp_path):
    store = PictureFiles(folder, tmp_path / "out", (".png",), force=False)
    first, _ = store.plan().tasks
    store.save(first, b"picture")
    assert (tmp_path / "out" / "a.png").read_bytes() == b"picture"
    assert os.listdir(tmp_path / "out") == ["a.png"]
    plan = store.plan()
    assert plan.already_there == 1
    assert [task.name for task in plan.tasks] == ["b.jpg"]


def test_a_single_picture_that_is_there_is_an_error(folder, tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    with pytest.raises(PlanError, match="already there"):
        PictureFiles(folder / "a.jpg", tmp_path / "a.png", (".png",), force=False).plan()
    [task] = PictureFiles(folder / "a.jpg", tmp_path / "a.png", (".png",), force=True).plan().tasks
    assert task.destination == tmp_path / "a.png"


def test_run_lengths_become_rows(folder, tmp_path):
    with RunLengthCsv(tmp_path / "masks.csv") as table:
        store = TableRows(folder, table, force=False)
        store.save(store.plan().tasks[1], b"1 3")
        assert [task.name for task in store.plan().tasks] == ["a.jpg"]
    assert (tmp_path / "masks.csv").read_bytes() == b"img,rle_mask\nb.jpg,1 3\n"


def test_a_single_row_that_is_there_is_an_error(folder, tmp_path):
    with RunLengthCsv(tmp_path / "masks.csv") as table:
        table.append("a.jpg", "1 1")
        with pytest.raises(PlanError, match=r"masks\.csv has a row of a\.jpg already: --force"):
            TableRows(folder / "a.jpg", table, force=False).plan()


def test_forced_rows_replace_the_old_ones_when_the_first_comes(folder, tmp_path):
    path = tmp_path / "masks.csv"
    with RunLengthCsv(path) as table:
        for name in ("a.jpg", "other.jpg", "b.jpg"):
            table.append(name, "1 1")
        old = path.read_bytes()
        store = TableRows(folder, table, force=True)
        first, second = store.plan().tasks
        assert path.read_bytes() == old
        store.save(first, b"2 2")
        assert path.read_bytes() == b"img,rle_mask\nother.jpg,1 1\na.jpg,2 2\n"
        store.save(second, b"3 3")
        # A watched photograph that has changed once more.
        store.plan()
        store.save(first, b"4 4")
    assert path.read_bytes() == b"img,rle_mask\nother.jpg,1 1\nb.jpg,3 3\na.jpg,4 4\n"
