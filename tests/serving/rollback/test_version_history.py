import errno
import hashlib
import os
import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest
import tensorflow as tf

from serving.rollback.files import LocalFiles, RemoteFiles, files_of
from serving.rollback.version_history import RollbackRefused, VersionHistory
from serving.rollback.withdrawal import BrokenRecord, Withdrawal

NOW = datetime(2026, 11, 23, 19, 40, 12, tzinfo=timezone.utc)
LATER = datetime(2026, 11, 24, tzinfo=timezone.utc)


class Killed(BaseException):
    """Stands for a SIGKILL."""


@pytest.fixture(params=["local", "remote"])
def base(request, tmp_path):
    """A serving directory of three versions; remote is TensorFlow's file system in memory."""
    place = str(tmp_path) if request.param == "local" else f"ram:/{tmp_path}"
    for version in (7, 8, 9):
        for name in ("saved_model.pb", "variables/variables.index", "assets.extra/requests"):
            path = f"{place}/mask/{version}/{name}"
            tf.io.gfile.makedirs(os.path.dirname(path))
            with tf.io.gfile.GFile(path, "w") as file:
                file.write(f"{name} of {version}")
    return f"{place}/mask"


@pytest.fixture
def history(base):
    return VersionHistory(base, files_of(base))


def content(history, version, folder=None):
    place = folder or history.path(version)
    found = {}
    for name in history.files.names(place):
        with history.files.open(f"{place}/{name}", "r") as file:
            found[name] = file.read()
    return found


def whole(version):
    names = ("saved_model.pb", "variables/variables.index", "assets.extra/requests")
    return {name: f"{name} of {version}" for name in names}


def withdrawn_path(history, version):
    return history.base.removesuffix("mask") + f"withdrawn/mask/{version}"


def record_path(history, version):
    return history.base.removesuffix("mask") + f"withdrawn/mask/withdrawal-{version}.json"


def test_goes_back_to_the_version_before(history):
    assert history.earlier(None) == 8
    assert history.roll_back(8, "wheels cut off", NOW) == (9,)
    assert history.versions == (7, 8)
    digest = hashlib.sha256(b"saved_model.pb of 9variables/variables.index of 9").hexdigest()
    record = Withdrawal(9, "2026-11-23T19:40:12+00:00", "wheels cut off", 8, digest)
    assert history.withdrawn == {9: record}
    assert str(record) == "version 9 was withdrawn on 2026-11-23 19:40 UTC: wheels cut off"
    assert content(history, 9, withdrawn_path(history, 9)) == whole(9)
    assert content(history, 8) == whole(8)


def test_goes_back_further_and_the_oldest_goes_first(history, monkeypatch):
    seen = []
    move = VersionHistory._move
    monkeypatch.setattr(
        VersionHistory,
        "_move",
        lambda self, *places: (seen.append(history.versions[-1]), move(self, *places)),
    )
    assert history.roll_back(history.earlier(7), "", NOW) == (8, 9)
    # A server that looks at any moment finds 9, and then 7; never 8.
    assert seen == [9, 9]
    assert history.versions == (7,)
    assert sorted(history.withdrawn) == [8, 9]
    assert {each.served_instead for each in history.withdrawn.values()} == {7}


def test_what_was_withdrawn_can_be_restored_and_withdrawn_again(history):
    history.roll_back(7, "first", NOW)
    assert history.restore(9).reason == "first"
    assert history.versions == (7, 9)
    assert content(history, 9) == whole(9)
    assert list(history.withdrawn) == [8]
    assert not history.files.exists(withdrawn_path(history, 9))
    assert not history.files.exists(record_path(history, 9))
    assert history.roll_back(7, "second", LATER) == (9,)
    assert [each.reason for each in history.withdrawn.values()] == ["first", "second"]
    assert history.withdrawn[9].withdrawn == "2026-11-24T00:00:00+00:00"


def test_refusals(history):
    with pytest.raises(RollbackRefused, match="version 9 is the one that is served"):
        history.earlier(9)
    with pytest.raises(RollbackRefused, match="no version 6; it holds 7, 8, 9"):
        history.earlier(6)
    with pytest.raises(RollbackRefused, match="version 8 is not withdrawn; withdrawn are: none"):
        history.restore(8)
    history.roll_back(7, "bad", NOW)
    with pytest.raises(RollbackRefused, match="7 is the only one in .*: there is no earlier"):
        history.earlier(None)
    with pytest.raises(RollbackRefused, match="8 was withdrawn on .*: bad. .*--restore 8"):
        history.earlier(8)
    history.files.rmtree(withdrawn_path(history, 8))
    with pytest.raises(RollbackRefused, match="withdrawn/mask/8 is gone"):
        history.restore(8)
    history.files.rmtree(history.path(7))
    with pytest.raises(RollbackRefused, match="holds no version"):
        history.earlier(None)


@pytest.mark.parametrize("broken", ["", "[]", "{}", '{"version": 9}', "\xff"])
def test_a_record_that_cannot_be_read_is_named(history, broken):
    history.roll_back(8, "", NOW)
    with history.files.open(record_path(history, 9), "w") as file:
        file.write(broken)
    with pytest.raises(BrokenRecord, match=r"withdrawn/mask/withdrawal-9\.json"):
        _ = history.withdrawn


def test_a_record_of_other_types_is_named(history):
    history.roll_back(8, "", NOW)
    path = record_path(history, 9)
    with history.files.open(path, "r") as file:
        text = file.read()
    with history.files.open(path, "w") as file:
        file.write(text.replace('"reason": ""', '"reason": 5'))
    with pytest.raises(BrokenRecord, match="reason"):
        _ = history.withdrawn


def test_other_things_beside_the_versions_do_not_count(history):
    for name in (".incoming", "010", "notes"):
        history.files.makedirs(f"{history.base}/{name}")
    with history.files.open(f"{history.base}/11", "w") as file:
        file.write("a file")
    assert history.versions == (7, 8, 9)


@pytest.mark.parametrize("steps", range(9))
def test_a_move_that_was_killed_is_finished_by_the_next_call(history, monkeypatch, steps):
    """Killed at each of its file operations in turn, then called again."""
    files = history.files
    left = steps
    with monkeypatch.context() as patch:
        for name in ("makedirs", "replace", "copy", "rename", "rmtree", "remove"):
            real = getattr(files, name)

            def step(*given, _real=real):
                nonlocal left
                left -= 1
                if left < 0:
                    raise Killed
                return _real(*given)

            patch.setattr(files, name, step)
        try:
            history.roll_back(8, "killed", NOW)
        except Killed:
            # Either it is served, or it was taken back; it is never both, nor lost.
            assert (9 in history.versions) != (9 in history.withdrawn)
    if 9 in history.versions:
        assert history.roll_back(8, "again", LATER) == (9,)
    assert history.versions == (7, 8)
    assert history.withdrawn[9].version == 9
    assert content(history, 9, withdrawn_path(history, 9)) == whole(9)


def test_half_a_removal_on_a_remote_file_system_does_not_overwrite_the_copy(tmp_path):
    base = f"ram:/{tmp_path}/mask"
    files = RemoteFiles()
    for version in (1, 2):
        with_name = f"{base}/{version}/variables/variables.index"
        files.makedirs(os.path.dirname(with_name))
        for path in (with_name, f"{base}/{version}/saved_model.pb"):
            with files.open(path, "w") as file:
                file.write(f"{version}")
    history = VersionHistory(base, files)
    before = {}

    def half(path):
        before.update(content(history, 2))
        files._gfile.remove(f"{path}/saved_model.pb")
        raise Killed

    files.rmtree, remove = half, files.rmtree
    with pytest.raises(Killed):
        history.roll_back(1, "first", NOW)
    files.rmtree = remove
    assert history.roll_back(1, "second", LATER) == (2,)
    assert history.withdrawn[2].reason == "first"
    assert content(history, 2, withdrawn_path(history, 2)) == before
    assert len(before) == 2


def test_two_file_systems_are_refused_before_anything_is_moved(tmp_path, monkeypatch):
    for version in (1, 2):
        (tmp_path / "mask" / str(version)).mkdir(parents=True)
        (tmp_path / "mask" / str(version) / "saved_model.pb").write_bytes(b"graph")

    def rename(*_):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    files = LocalFiles()
    monkeypatch.setattr(LocalFiles, "rename", staticmethod(rename))
    history = VersionHistory(str(tmp_path / "mask"), files)
    with pytest.raises(RollbackRefused, match="two file systems"):
        history.roll_back(1, "", NOW)
    assert history.versions == (1, 2)
    assert history.withdrawn == {}


def test_a_folder_that_is_no_model_is_told(tmp_path):
    for version in (1, 2):
        (tmp_path / "mask" / str(version)).mkdir(parents=True)
    history = VersionHistory(str(tmp_path / "mask"), LocalFiles())
    with pytest.raises(FileNotFoundError, match=r"mask/2/saved_model\.pb"):
        history.roll_back(1, "", NOW)
    assert history.versions == (1, 2)
    shutil.rmtree(tmp_path / "mask")
    assert history.versions == ()


def test_where_a_path_lies_decides_what_works_on_it(tmp_path):
    assert isinstance(files_of(str(tmp_path)), LocalFiles)
    assert isinstance(files_of("gs://bucket/mask"), RemoteFiles)
    assert Path(tmp_path).is_dir()
