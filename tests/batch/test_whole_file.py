import errno
import io

import pytest
from apache_beam.io.filesystem import BeamIOError

from batch import whole_file
from batch.batch_failed import BatchFailed
from batch.whole_file import read_whole, write_whole
from tests.components.memory_file_system import FoldersFileSystem, MemoryFileSystem


@pytest.fixture(params=[MemoryFileSystem, FoldersFileSystem])
def system(request, monkeypatch):
    """A file system that can be written to, and what was done to it."""
    done = []

    class Writer(io.BytesIO):
        def __init__(self, path):
            super().__init__()
            self.path = path

        def close(self):
            request.param.files[self.path] = self.getvalue()
            done.append(("written", self.path))
            super().close()

    def rename(self, sources, targets):
        for source, target in zip(sources, targets, strict=True):
            assert target not in self.files
            self.files[target] = self.files.pop(source)
            done.append(("renamed", target))

    def delete(self, paths):
        for path in paths:
            del self.files[path]

    monkeypatch.setattr(request.param, "files", {})
    monkeypatch.setattr(request.param, "create", lambda _, path, *__, **___: Writer(path))
    monkeypatch.setattr(request.param, "rename", rename)
    monkeypatch.setattr(request.param, "delete", delete)
    return request.param, done


def test_local_files(tmp_path):
    path = str(tmp_path / "new" / "a.txt")
    assert read_whole(path) is None
    write_whole(path, b"1")
    write_whole(path, b"2")
    assert read_whole(path) == b"2"
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["a.txt"]


def test_elsewhere(system):
    kind, done = system
    path = f"{kind.scheme()}://box/new/a.txt"
    assert read_whole(path) is None
    write_whole(path, b"1")
    write_whole(path, b"2")
    assert read_whole(path) == b"2"
    assert list(kind.files) == [path]
    # An object store shows what is whole; where there are folders, only a rename does.
    last = "renamed" if kind is FoldersFileSystem else "written"
    assert [what for what, where in done if where == path] == [last, last]


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


def test_a_store_that_refuses(monkeypatch):
    def fail(*_, **__):
        raise BeamIOError("no such bucket")

    monkeypatch.setattr(MemoryFileSystem, "create", fail)
    with pytest.raises(BatchFailed, match="memory://box/a cannot be written: no such bucket"):
        write_whole("memory://box/a", b"")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(BatchFailed, match="cannot be read"):
        read_whole(str(tmp_path))
