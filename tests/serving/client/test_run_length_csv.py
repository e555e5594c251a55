"""The table of run lengths: whole rows, each name once, and the next run goes on."""

import csv
import os

import pytest

from serving.client.run_length_csv import RunLengthCsv, UnusableTable


def _rows(path):
    with path.open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return [tuple(row) for row in csv.reader(file)]


def test_the_challenges_layout_byte_for_byte(tmp_path):
    path = tmp_path / "new" / "masks.csv"
    with RunLengthCsv(path) as table:
        assert not path.exists()
        table.append("b_01.jpg", "1 3 10 2")
        table.append("a_01.jpg", "")
        assert path.read_bytes() == b"img,rle_mask\nb_01.jpg,1 3 10 2\na_01.jpg,\n"


def test_the_next_run_goes_on_and_has_each_name_once(tmp_path):
    path = tmp_path / "masks.csv"
    with RunLengthCsv(path) as table:
        table.append("a.jpg", "1 1")
        table.append("a.jpg", "9 9")
    with RunLengthCsv(path) as table:
        assert table.names == {"a.jpg"}
        table.append("a.jpg", "9 9")
        table.append("b.jpg", "2 2")
    assert _rows(path) == [("img", "rle_mask"), ("a.jpg", "1 1"), ("b.jpg", "2 2")]


@pytest.mark.parametrize(
    "name", ["a, b.jpg", 'the "best".jpg', "deep/er/ä.jpg", os.fsdecode(b"\xff.jpg"), '",".jpg']
)
def test_names_of_all_kinds(tmp_path, name):
    path = tmp_path / "masks.csv"
    with RunLengthCsv(path) as table:
        table.append(name, "1 1")
    assert _rows(path)[1:] == [(name, "1 1")]
    with RunLengthCsv(path) as table:
        assert table.names == {name}


@pytest.mark.parametrize("cut", [1, 5, 9, 12])
def test_a_row_that_was_cut_short_is_written_again(tmp_path, cut):
    path = tmp_path / "masks.csv"
    whole = b"img,rle_mask\na.jpg,1 1\nb.jpg,22 33\n"
    path.write_bytes(whole[:-cut])
    with RunLengthCsv(path) as table:
        assert table.names == {"a.jpg"}
        table.append("b.jpg", "22 33")
    assert path.read_bytes() == whole


@pytest.mark.parametrize("start", [b"", b"im", b"img,rle_mask"])
def test_a_header_that_was_cut_short_is_written_again(tmp_path, start):
    path = tmp_path / "masks.csv"
    path.write_bytes(start)
    with RunLengthCsv(path) as table:
        table.append("a.jpg", "1 1")
    assert path.read_bytes() == b"img,rle_mask\na.jpg,1 1\n"


def test_a_table_from_windows(tmp_path):
    path = tmp_path / "masks.csv"
    path.write_bytes(b"\xef\xbb\xbfimg,rle_mask\r\na.jpg,1 1\r\n")
    with RunLengthCsv(path) as table:
        assert table.names == {"a.jpg"}


@pytest.mark.parametrize("content", [b"id,year\n", b"img,rle_mask,more\n", b"notes"])
def test_another_file_is_left_alone(tmp_path, content):
    path = tmp_path / "masks.csv"
    path.write_bytes(content)
    with pytest.raises(UnusableTable, match=r"does not start with img,rle_mask"):
        RunLengthCsv(path)
    assert path.read_bytes() == content


def test_rows_can_be_dropped_and_added_again(tmp_path):
    path = tmp_path / "masks.csv"
    with RunLengthCsv(path) as table:
        for name in ("a.jpg", "b, c.jpg", "d.jpg"):
            table.append(name, "1 1")
        table.drop({"a.jpg", "b, c.jpg", "nothing.jpg"})
        assert _rows(path) == [("img", "rle_mask"), ("d.jpg", "1 1")]
        assert table.names == {"d.jpg"}
        table.append("a.jpg", "5 5")
    assert _rows(path) == [("img", "rle_mask"), ("d.jpg", "1 1"), ("a.jpg", "5 5")]


def test_two_runs_do_not_write_into_one_table(tmp_path):
    path = tmp_path / "masks.csv"
    with RunLengthCsv(path) as first, RunLengthCsv(path) as late:
        first.append("a.jpg", "1 1")
        with pytest.raises(UnusableTable, match="Another run is writing"):
            RunLengthCsv(path)
        with pytest.raises(UnusableTable, match="Another run is writing"):
            late.append("b.jpg", "1 1")
        first.drop({"a.jpg"})
        with pytest.raises(UnusableTable, match="Another run is writing"):
            RunLengthCsv(path)
    RunLengthCsv(path).close()


def test_a_full_disk_takes_a_part_and_then_says_so(tmp_path, monkeypatch):
    path = tmp_path / "masks.csv"
    with RunLengthCsv(path) as table:
        table.append("a.jpg", "1 1")
        full = _FullDisk(table._file, 4)
        monkeypatch.setattr(table, "_file", full)
        with pytest.raises(OSError, match="No space left"):
            table.append("b.jpg", "22 33")
    assert path.read_bytes() == b"img,rle_mask\na.jpg,1 1\nb.jp"
    with RunLengthCsv(path) as table:
        assert table.names == {"a.jpg"}


class _FullDisk:
    """A file that takes some more bytes, and then none."""

    def __init__(self, file, left):
        self._file = file
        self._left = left

    def write(self, content):
        if not self._left:
            raise OSError(28, "No space left on device")
        written = self._file.write(content[: self._left])
        self._left -= written
        return written

    def __getattr__(self, name):
        return getattr(self._file, name)
