import errno
import os

import pytest
from apache_beam.io.filesystem import BeamIOError

from batch import whole_file
from batch.batch_failed import BatchFailed
from batch.whole_file import UnusableName, publish_whole, read_whole, remove, write_whole
from tests.components.memory_file_system import FoldersFileSystem, MemoryFileSystem


def test_local_files(tmp_path):
    path = str(tmp_path / "new" / "a.txt")
    assert read_whole(path) is None
    write_whole(path, b"1")
    write_whole(path, b"2")
    assert read_whole(path) == b"2"
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["a.txt"]


@pytest.mark.parametrize("kind", [MemoryFileSystem, FoldersFileSystem])
def test_elsewhere(writable, monkeypatch, kind):
    files = writable(kind)
    path = f"{kind.scheme()}://box/new/a.txt.gz"
    assert read_whole(path) is None
    write_whole(path, b"1")
    write_whole(path, b"2")
    assert read_whole(path) == b"2"
    assert list(files) == [path]
    remove(path)
    remove(path)
    assert read_whole(path) is None


def test_where_there_are_folders_a_file_appears_by_its_rename(writable, monkeypatch):
    files = writable(FoldersFileSystem)
    seen = []
    rename = FoldersFileSystem.rename
    monkeypatch.setattr(
        FoldersFileSystem, "rename", lambda *args: (seen.append(sorted(files)), rename(*args))
    )
    write_whole("folders://box/a.txt", b"1")
    assert seen == [[f"folders://box/.a.txt.{os.getpid()}.partial"]]
    assert files == {"folders://box/a.txt": b"1"}


@pytest.mark.parametrize("kind", [MemoryFileSystem, FoldersFileSystem])
def test_a_file_is_published(writable, tmp_path, kind):
    files = writable(kind)
    content = bytes(3 * 2**20 + 1)
    (tmp_path / "a").write_bytes(content)
    publish_whole(tmp_path / "a", f"{kind.scheme()}://box/b")
    publish_whole(tmp_path / "a", str(tmp_path / "b"))
    assert files == {f"{kind.scheme()}://box/b": content}
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_a_name_that_is_no_text_where_names_are(writable, monkeypatch):
    writable(MemoryFileSystem)

    def create(_, path, *types, **more):
        path.encode()

    monkeypatch.setattr(MemoryFileSystem, "create", create)
    with pytest.raises(UnusableName, match="cannot be written: its name is no text"):
        write_whole("memory://box/\udcff.png", b"1")


def test_what_can_have_no_name_need_not_be_removed(tmp_path):
    with pytest.raises(UnusableName, match="cannot be written: File name too long"):
        write_whole(str(tmp_path / ("a" * 256)), b"1")
    remove(str(tmp_path / ("a" * 256)))


def test_a_local_file_is_removed(tmp_path):
    (tmp_path / "a").touch()
    remove(str(tmp_path / "a"))
    remove(str(tmp_path / "a"))
    remove(str(tmp_path / "a" / "b"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BatchFailed, match="cannot be removed: Is a directory"):
        remove(str(tmp_path))


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, r"the disk is full: .*a\.txt cannot be written"),
        (errno.EDQUOT, r"the disk is full: .*a\.txt cannot be written"),
        (errno.EACCES, r"a\.txt cannot be written: Permission denied"),
    ],
)
def test_a_file_that_cannot_be_written(tmp_path, monkeypatch, number, message):
    def fail(*_):
        raise OSError(number, "Permission denied")

    monkeypatch.setattr(whole_file, "write_atomically", fail)
    with pytest.raises(BatchFailed, match=message):
        write_whole(str(tmp_path / "a.txt"), b"")


@pytest.mark.parametrize("error", [BeamIOError("no such bucket"), KeyError("no such bucket")])
def test_a_store_that_refuses(monkeypatch, error):
    def fail(*_, **__):
        raise error

    for name in ("create", "exists", "open"):
        monkeypatch.setattr(MemoryFileSystem, name, fail)
    with pytest.raises(BatchFailed, match="memory://box/a cannot be written: '?no such bucket"):
        write_whole("memory://box/a", b"")
    with pytest.raises(BatchFailed, match="memory://box/a cannot be read: '?no such bucket"):
        read_whole("memory://box/a")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(BatchFailed, match="cannot be read"):
        read_whole(str(tmp_path))
