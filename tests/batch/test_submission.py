import gzip

import pytest

from batch import submission
from batch.batch_failed import BatchFailed
from batch.submission import ShardRows, SubmissionCounts, read_sample, write_submission
from tests.components.memory_file_system import FoldersFileSystem, MemoryFileSystem

ROWS = {"a.jpg": "1 2", "b.jpg": "", "c,d.jpg": "3 4 9 1", "e.jpg": "5 1"}


@pytest.fixture
def shards(tmp_path):
    paths = [tmp_path / "0.csv", tmp_path / "1.csv", tmp_path / "2.csv"]
    paths[0].write_text('a.jpg,1 2\nb.jpg,\n"c,d.jpg",3 4 9 1\n')
    paths[1].write_text("")
    paths[2].write_text("e.jpg,5 1\n")
    return [ShardRows(str(path), rows) for path, rows in zip(paths, (3, 0, 1), strict=True)]


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


@pytest.mark.parametrize("kind", [MemoryFileSystem, FoldersFileSystem])
def test_into_a_store(shards, tmp_path, writable, kind):
    files = writable(kind)
    url = f"{kind.scheme()}://box/s.csv"
    write_submission(url, shards, ["a.jpg"], str(tmp_path))
    write_submission(f"{url}.gz", shards, ["a.jpg"], str(tmp_path))
    assert sorted(files) == [url, f"{url}.gz"]
    assert files[url] == b"img,rle_mask\na.jpg,1 2\n"
    # Once, though Beam would do it for such a name as well.
    assert gzip.decompress(files[f"{url}.gz"]) == files[url]
    assert not list(tmp_path.glob(".*"))


def test_a_shard_that_has_gone(write, tmp_path):
    (tmp_path / "2.csv").unlink()
    with pytest.raises(BatchFailed, match=r"2\.csv has gone: run again"):
        write(None)
    assert not (tmp_path / "submission.csv").exists()


@pytest.mark.parametrize("content", ["", "e.jpg,5 1\nf.jpg,1 1\n", "e.jpg,5"])
def test_a_shard_that_does_not_hold_its_rows(write, tmp_path, content):
    (tmp_path / "2.csv").write_text(content)
    message = r"2\.csv does not hold the 1 rows that were written: remove it, and run again"
    with pytest.raises(BatchFailed, match=message):
        write(None)
    assert [path.name for path in tmp_path.glob("*sub*")] == []


class TestSample:
    @pytest.mark.parametrize("name", ["sample.csv", "sample.csv.gz"])
    def test_names_in_order(self, tmp_path, name):
        content = b'\xef\xbb\xbfimg,rle_mask\r\nb.jpg,1 1\r\n"a,c.jpg",1 1\r\n'
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        assert read_sample(str(path)) == ["b.jpg", "a,c.jpg"]

    def test_from_a_store(self, writable):
        content = gzip.compress(b"img,rle_mask\nb.jpg,\n")
        writable(MemoryFileSystem)["memory://box/sample.csv.gz"] = content
        assert read_sample("memory://box/sample.csv.gz") == ["b.jpg"]

    def test_masks_of_any_length_are_passed_over(self, tmp_path):
        path = tmp_path / "sample.csv"
        path.write_text(f"img,rle_mask\nb.jpg,{'1 1 ' * 50_000}\na.jpg,\n")
        assert read_sample(str(path)) == ["b.jpg", "a.jpg"]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"id,rle\n", "does not begin with img,rle_mask"),
            (b"", "does not begin with img,rle_mask"),
            (b"img,rle_mask\na,\nb,\na,\n", "names a 2 times"),
            (b"img,rle_mask\n", "names no photograph"),
            (b"\xff\xfe", r"sample\.csv cannot be read: 'utf-8' codec"),
        ],
    )
    def test_files_that_are_none(self, tmp_path, content, message):
        (tmp_path / "sample.csv").write_bytes(content)
        with pytest.raises(BatchFailed, match=message):
            read_sample(str(tmp_path / "sample.csv"))

    def test_no_file(self, tmp_path):
        with pytest.raises(BatchFailed, match="cannot be read: there is no such file"):
            read_sample(str(tmp_path / "sample.csv"))
