import gzip
import io

import pytest

from batch import submission
from batch.batch_failed import BatchFailed
from batch.submission import SubmissionCounts, read_sample, write_submission
from tests.components.memory_file_system import MemoryFileSystem

ROWS = {"a.jpg": "1 2", "b.jpg": "", "c,d.jpg": "3 4 9 1", "e.jpg": "5 1"}


@pytest.fixture
def shards(tmp_path):
    paths = [tmp_path / "0.csv", tmp_path / "1.csv", tmp_path / "2.csv"]
    paths[0].write_text('a.jpg,1 2\nb.jpg,\n"c,d.jpg",3 4 9 1\n')
    paths[1].write_text("")
    paths[2].write_text("e.jpg,5 1\n")
    return [str(path) for path in paths]


@pytest.fixture
def write(shards, tmp_path):
    def write(sample, name="submission.csv"):
        path = tmp_path / name
        return write_submission(str(path), shards, sample, str(tmp_path)), path.read_bytes()

    return write


def test_without_a_sample_the_order_is_that_of_the_shards(write, tmp_path):
    counts, content = write(None)
    assert counts == SubmissionCounts(4, (), 0)
    assert content == b'img,rle_mask\na.jpg,1 2\nb.jpg,\n"c,d.jpg",3 4 9 1\ne.jpg,5 1\n'
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("open_at_once", [1, 32])
def test_a_sample_gives_the_order_and_the_names(write, monkeypatch, open_at_once):
    monkeypatch.setattr(submission, "_OPEN_AT_ONCE", open_at_once)
    counts, content = write(["e.jpg", "x.jpg", "a.jpg", 'y"z.jpg'])
    assert content == b'img,rle_mask\ne.jpg,5 1\nx.jpg,\na.jpg,1 2\n"y""z.jpg",\n'
    assert counts == SubmissionCounts(4, ("x.jpg", 'y"z.jpg'), 2)


def test_gzip_is_the_same_each_time(write):
    _, first = write(None, "submission.csv.gz")
    _, second = write(None, "submission.csv.gz")
    assert gzip.decompress(first) == write(None)[1]
    assert first == second


def test_into_an_object_store(shards, tmp_path, monkeypatch):
    stored = {}

    class Writer(io.BytesIO):
        def close(self):
            stored["file"] = self.getvalue()
            super().close()

    monkeypatch.setattr(MemoryFileSystem, "create", lambda *_, **__: Writer())
    write_submission("memory://box/s.csv", shards, ["a.jpg"], str(tmp_path))
    assert stored["file"] == b"img,rle_mask\na.jpg,1 2\n"


def test_a_shard_that_has_gone(write, tmp_path):
    (tmp_path / "2.csv").unlink()
    with pytest.raises(BatchFailed, match=r"2\.csv has gone: run again"):
        write(None)
    assert not (tmp_path / "submission.csv").exists()


class TestSample:
    @pytest.mark.parametrize("name", ["sample.csv", "sample.csv.gz"])
    def test_names_in_order(self, tmp_path, name):
        content = b'\xef\xbb\xbfimg,rle_mask\r\nb.jpg,1 1\r\n"a,c.jpg",1 1\r\n'
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        assert read_sample(str(path)) == ["b.jpg", "a,c.jpg"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"id,rle\n", "does not begin with img,rle_mask"),
            (b"", "does not begin with img,rle_mask"),
            (b"img,rle_mask\na,\nb,\na,\n", "names a 2 times"),
            (b"\xff\xfe", "cannot be read as text"),
        ],
    )
    def test_files_that_are_none(self, tmp_path, content, message):
        (tmp_path / "sample.csv").write_bytes(content)
        with pytest.raises(BatchFailed, match=message):
            read_sample(str(tmp_path / "sample.csv"))

    def test_no_file(self, tmp_path):
        with pytest.raises(BatchFailed, match="does not exist"):
            read_sample(str(tmp_path / "sample.csv"))
