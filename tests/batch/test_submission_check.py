import csv
import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from batch.batch_failed import BatchFailed
from batch.submission_check import check_submission, runs_fault
from tests.components.memory_file_system import MemoryFileSystem
from trainer.rle import decode, encode

MASKS = arrays.arrays(np.uint8, (4, 5), elements=st.sampled_from([0, 1]))


@given(MASKS)
def test_what_is_encoded_has_no_fault(mask):
    assert runs_fault(encode(mask), 4, 5) == ""


@given(st.lists(st.integers(0, 8), max_size=6))
def test_it_refuses_what_cannot_be_decoded(numbers):
    runs = " ".join(map(str, numbers))
    try:
        decode(runs, 2, 3)
    except ValueError:
        assert runs_fault(runs, 2, 3) != ""
    else:
        assert runs_fault(runs, 2, 3) == ""


@pytest.mark.parametrize(
    ("runs", "fault"),
    [
        ("", ""),
        ("1 6", ""),
        ("1 2 3 1", ""),
        ("1", "no start-length pairs, with one blank between two numbers"),
        ("1 2 3", "no start-length pairs, with one blank between two numbers"),
        ("1  2", "no start-length pairs, with one blank between two numbers"),
        (" 1 2", "no start-length pairs, with one blank between two numbers"),
        ("1 -2", "no start-length pairs, with one blank between two numbers"),
        ("1.0 2", "no start-length pairs, with one blank between two numbers"),
        ("2 0", "a run has no pixels"),
        ("4 1 1 1", "its pairs are not sorted"),
        ("1 3 3 1", "runs overlap"),
        ("1 3 1 1", "runs overlap"),
        ("0 1", "a run leaves the 3x2 image"),
        ("6 2", "a run leaves the 3x2 image"),
        ("1 99999999999999999999", "a run leaves the 3x2 image"),
    ],
)
def test_run_lengths(runs, fault):
    assert runs_fault(runs, 2, 3) == fault


@pytest.fixture
def check(tmp_path):
    def check(text, names=None, name="submission.csv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return check_submission(str(path), 2, 3, names)

    return check


@pytest.mark.parametrize("name", ["submission.csv", "submission.csv.gz"])
def test_a_file_without_fault(check, name):
    found = check("img,rle_mask\na.jpg,1 2\nb.jpg,\n", ["b.jpg", "a.jpg"], name)
    assert (found.rows, found.empty, found.faults) == (2, 1, ())


def test_a_file_in_a_store(writable):
    content = gzip.compress(b"img,rle_mask\na.jpg,1 2\n")
    writable(MemoryFileSystem)["memory://box/s.csv.gz"] = content
    found = check_submission("memory://box/s.csv.gz", 2, 3)
    assert (found.rows, found.faults) == (1, ())


def test_every_fault_is_told_with_its_line(check):
    found = check("image,rle\na.jpg,1 2\na.jpg,9 9\nc.jpg\nd.jpg,2 0\n", ["a.jpg", "b.jpg"])
    assert found.faults == (
        "line 1: the header is 'image,rle', not 'img,rle_mask'",
        "line 3: a.jpg is there more than once",
        "line 3: a.jpg: a run leaves the 3x2 image",
        "line 4: 1 fields, not 2",
        "line 5: d.jpg is not in the sample",
        "line 5: d.jpg: a run has no pixels",
        "b.jpg is missing",
    )
    assert found.rows == 4


@pytest.mark.parametrize("text", ["", "img,rle_mask\n"])
def test_nothing_in_it(check, text):
    assert check(text).faults == ("it is empty",)


def test_files_that_cannot_be_read(check, tmp_path):
    with pytest.raises(BatchFailed, match="nowhere.csv cannot be read"):
        check_submission(str(tmp_path / "nowhere.csv"), 2, 3)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"img,rle_mask\n" * 99)[:-20])
    with pytest.raises(BatchFailed, match=r"cut\.csv\.gz cannot be read"):
        check_submission(str(tmp_path / "cut.csv.gz"), 2, 3)
    content = bytearray(gzip.compress(b"img,rle_mask\na.jpg,1 2\nb.jpg,3 1\n"))
    content[12:16] = b"\xff" * 4
    (tmp_path / "bent.csv.gz").write_bytes(content)
    with pytest.raises(BatchFailed, match=r"bent\.csv\.gz cannot be read"):
        check_submission(str(tmp_path / "bent.csv.gz"), 2, 3)
    (tmp_path / "cut.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BatchFailed, match=r"cut\.csv cannot be read"):
        check_submission(str(tmp_path / "cut.csv"), 2, 3)


def test_long_masks_are_read_and_other_files_keep_their_limit(check):
    usual = csv.field_size_limit()
    runs = " ".join(f"{start} 1" for start in range(1, 2 * 30_000, 2))
    assert len(runs) > usual
    (fault,) = check(f"img,rle_mask\na.jpg,{runs}\n").faults
    assert fault == "line 2: a.jpg: a run leaves the 3x2 image"
    assert csv.field_size_limit() == usual
