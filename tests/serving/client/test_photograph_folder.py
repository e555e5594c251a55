"""Which files of a folder are photographs."""

import os
from pathlib import Path

import pytest

from serving.client.photograph_folder import Refusal, find_photographs


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Makes empty files below the current folder, a new one."""
    monkeypatch.chdir(tmp_path)

    def make_files(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()

    return make_files


def _names(source, output="out"):
    photographs, refusals = find_photographs(Path(source), Path(output))
    assert refusals == []
    return [path.as_posix() for path in photographs]


def test_jpeg_and_png_files_in_subfolders_too_in_order(make):
    make("in/b.jpg", "in/a/c.JPEG", "in/a/d.x.png", "in/notes.txt", "in/jpg", "in/z.gif")
    assert _names("in") == ["in/a/c.JPEG", "in/a/d.x.png", "in/b.jpg"]


def test_hidden_files_and_folders_are_passed_over(make):
    make("in/.hidden.jpg", "in/.cache/a.jpg", "in/._a.jpg", "in/.a.png.12.partial", "in/b.jpg")
    assert _names("in") == ["in/b.jpg"]


def test_results_within_the_folder_are_passed_over_however_they_are_named(make):
    make("in/a.jpg", "in/masks/a.png", "in/masks/deep/b.png", "in/other/masks/c.png")
    os.symlink("in/masks", "link")
    for output in ("in/masks", "./in/../in/masks", Path("in/masks").resolve(), "link"):
        assert _names("in", output) == ["in/a.jpg", "in/other/masks/c.png"]
    assert _names(Path("in").resolve(), "in/masks")[0].endswith("/in/a.jpg")


def test_links_to_files_are_followed_and_links_to_folders_are_not(make):
    make("elsewhere/a.jpg", "in/b.jpg")
    os.symlink("../elsewhere/a.jpg", "in/link.jpg")
    os.symlink("../in", "in/round")
    os.symlink("nowhere", "in/broken.jpg")
    os.mkfifo("in/pipe.jpg")
    # The broken one is there to be told of when it is read.
    assert _names("in") == ["in/b.jpg", "in/broken.jpg", "in/link.jpg"]


def test_a_folder_that_cannot_be_read_is_told(make, monkeypatch):
    make("in/a.jpg", "in/closed/b.jpg")
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    # Permissions do not stop a superuser.
    monkeypatch.setattr("os.scandir", refuse)
    photographs, refusals = find_photographs(Path("in"), Path("out"))
    assert photographs == [Path("in/a.jpg")]
    assert refusals == [Refusal(Path("in/closed"), "Cannot read it: Permission denied.")]
