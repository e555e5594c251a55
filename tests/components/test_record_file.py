import pytest

from components.quarantine import QuarantinedFile, Reason
from components.record_file import read_record_file
from tests.components.memory_file_system import MemoryFileSystem


@pytest.fixture(params=["local", "remote"])
def stored(request, tmp_path, monkeypatch):
    """Stores a file; returns its path."""

    def put(content, name="a.tfrecord.gz"):
        if request.param == "local":
            (tmp_path / name).write_bytes(content)
            return str(tmp_path / name)
        monkeypatch.setattr(MemoryFileSystem, "files", {f"memory://b/{name}": content})
        return f"memory://b/{name}"

    return put


def test_records_come_in_order(stored, write_records, tmp_path):
    content = write_records(tmp_path / "source.gz", [b"one", b"", b"three"]).read_bytes()
    assert list(read_record_file(stored(content))) == [b"one", b"", b"three"]


def test_a_broken_file_ends_with_its_fault(stored, write_records, tmp_path):
    content = write_records(tmp_path / "source.gz", [bytes(range(256)) * 40] * 3).read_bytes()
    path = stored(content[: len(content) // 2])
    *records, fault = read_record_file(path)
    assert all(record == bytes(range(256)) * 40 for record in records)
    assert isinstance(fault, QuarantinedFile)
    assert (fault.file, fault.reason) == (path, Reason.UNREADABLE)
    assert fault.detail.startswith("broken record file, the rest of it is lost: ")


def test_a_file_that_has_gone(stored):
    path = stored(b"")
    [fault] = read_record_file(path.replace("a.tfrecord", "b.tfrecord"))
    assert fault.reason == Reason.UNREADABLE
