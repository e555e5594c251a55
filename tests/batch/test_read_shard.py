import pickle
import threading

import pytest

from batch import read_shard
from batch.listed_photograph import ListedPhotograph
from batch.read_shard import ReadShard
from batch.shard import Shard
from components.quarantine import Reason


@pytest.fixture
def reader():
    reader = ReadShard(ahead=2, most_bytes=10)
    reader.setup()
    yield reader
    reader.teardown()


def shard_of(tmp_path, *names):
    photographs = [ListedPhotograph(str(tmp_path / name), name, 1) for name in names]
    return Shard(5, 9, tuple(photographs))


def test_photographs_come_in_order_read_or_with_the_reason(reader, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"A")
    (tmp_path / "c.jpg").write_bytes(b"")
    found = list(reader.process(shard_of(tmp_path, "a.jpg", "b.jpg", "c.jpg")))
    assert [(each.photograph.name, each.content) for each in found] == [
        ("a.jpg", b"A"),
        ("b.jpg", b""),
        ("c.jpg", b""),
    ]
    assert [each.detail is None for each in found] == [True, False, True]
    assert "b.jpg" in found[1].detail
    assert {(each.shard, each.shard_size) for each in found} == {(5, 3)}
    assert pickle.loads(pickle.dumps(found)) == found


def test_a_file_that_is_too_large_is_not_even_read(reader, monkeypatch):
    monkeypatch.setattr(read_shard, "read_photograph_file", lambda path: path.encode())
    photographs = [ListedPhotograph(name, name, size) for name, size in (("a", 10), ("b", 11))]
    found = list(reader.process(Shard(0, 1, tuple(photographs))))
    assert [each.content for each in found] == [b"a", b""]
    assert found[0].detail is None
    assert found[1].reason is Reason.TOO_LARGE
    assert found[1].detail == "it has 11 bytes, and 10 are the most"


def test_files_are_read_while_the_model_works(reader, tmp_path, monkeypatch):
    asked = []
    third = threading.Event()

    def read(path):
        asked.append(path)
        if len(asked) == 3:
            third.set()
        return b""

    monkeypatch.setattr(read_shard, "read_photograph_file", read)
    results = reader.process(shard_of(tmp_path, *"abcdef"))
    next(results)
    assert third.wait(10)
    # One that was given on and two ahead; the rest waits.
    assert len(asked) == 3
    assert len(list(results)) == 5
