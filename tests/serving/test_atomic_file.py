"""Files are whole or not there."""

import os

import pytest

from serving.atomic_file import partial_name, write_atomically


def test_folders_are_made_and_older_files_replaced(tmp_path):
    path = tmp_path / "new" / "folder" / "mask.png"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(path.parent) == ["mask.png"]


def test_the_file_is_as_readable_as_any_other(tmp_path):
    write_atomically(tmp_path / "atomic", b"")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "mask.png"
    path.write_bytes(b"old")

    def disk_full(self, content):
        with open(self, "wb") as file:
            file.write(content[:1])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", disk_full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["mask.png"]


def test_a_folder_in_the_way_is_an_os_error(tmp_path):
    (tmp_path / "mask.png").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "mask.png", b"new")
    assert os.listdir(tmp_path) == ["mask.png"]


@pytest.mark.parametrize("name", ["a" * 255, "\u00e4" * 127, "\udcff" * 255])
def test_any_name_that_the_file_system_takes(tmp_path, name):
    write_atomically(tmp_path / name, b"content")
    assert (tmp_path / name).read_bytes() == b"content"
    assert os.listdir(tmp_path) == [name]


def test_a_longer_one_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="File name too long"):
        write_atomically(tmp_path / ("a" * 256), b"content")
    assert os.listdir(tmp_path) == []


def test_the_partial_name_is_short_and_tells_the_file():
    assert partial_name("a.png") == f".a.png.{os.getpid()}.partial"
    long = [partial_name(f"{'a' * 240}{end}") for end in "bc"]
    assert long[0] != long[1]
    assert all(len(name) < 60 for name in long)
