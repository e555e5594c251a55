import os

import pytest

from components.folder_files import UnusableFolder
from components.quarantine import Reason
from components.span_listing import RecordFile, list_spans, spans_fingerprint
from components.spans import Span


@pytest.fixture
def span_of(folder_of):
    """Writes a span of empty photographs with masks."""

    def write(number, ids, metadata=None, version=None):
        folder = folder_of(
            dict.fromkeys([f"{each}.jpg" for each in ids], b""),
            dict.fromkeys([f"{each}_mask.gif" for each in ids], b""),
            metadata,
            f"span-{number}",
        )
        return Span(number, version, str(folder))

    return write


def test_the_newer_photograph_wins_and_the_older_is_set_aside(span_of):
    spans = [span_of(1, ["a_01", "b_01"]), span_of(2, ["a_01"]), span_of(5, ["a_01", "c_01"])]
    listing = list_spans(spans)
    assert [(photo.image_id, photo.image_path) for photo in listing.photographs] == [
        ("a_01", f"{spans[2].path}/train/a_01.jpg"),
        ("b_01", f"{spans[0].path}/train/b_01.jpg"),
        ("c_01", f"{spans[2].path}/train/c_01.jpg"),
    ]
    assert listing.photographs[0].mask_path == f"{spans[2].path}/train_masks/a_01_mask.gif"
    assert [(file.file, file.reason, file.detail) for file in listing.quarantined] == [
        (f"{spans[0].path}/train/a_01.jpg", Reason.SUPERSEDED, "span 2 has one of the same id"),
        (f"{spans[1].path}/train/a_01.jpg", Reason.SUPERSEDED, "span 5 has one of the same id"),
    ]
    assert not Reason.SUPERSEDED.loses_a_photograph


def test_a_photograph_without_a_mask_supersedes_none(span_of):
    spans = [span_of(1, ["a_01"]), span_of(2, ["a_01", "b_01"])]
    os.unlink(f"{spans[1].path}/train_masks/a_01_mask.gif")
    listing = list_spans(spans)
    assert listing.photographs[0].image_path == f"{spans[0].path}/train/a_01.jpg"
    assert [file.reason for file in listing.quarantined] == [Reason.MISSING_MASK]


def test_metadata_of_the_newest_span_counts_for_all(span_of):
    def row(car, make):
        return {"id": car, "make": make, "model": "", "year": ""}

    listing = list_spans(
        [
            span_of(1, ["a_01", "b_01", "c_01"], [row("a", "Old"), row("b", "Kept")]),
            span_of(2, ["d_01"], [row("a", "New")]),
        ]
    )
    assert {photo.group_id: photo.make for photo in listing.photographs} == {
        "a": "New",
        "b": "Kept",
        "c": "",
        "d": "",
    }
    assert listing.groups_without_metadata == ("c", "d")


def test_record_files_keep_their_spans(tmp_path):
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.tfrecord").touch()
    listing = list_spans([Span(1, None, f"{tmp_path}/1"), Span(2, None, f"{tmp_path}/2")])
    assert listing.records == (
        RecordFile(f"{tmp_path}/1/a.tfrecord", 1),
        RecordFile(f"{tmp_path}/2/a.tfrecord", 2),
    )


def test_photographs_and_records_are_not_mixed(span_of, tmp_path):
    (tmp_path / "a.tfrecord").touch()
    with pytest.raises(UnusableFolder, match=r"span-1 holds photographs, .* TFRecord files: one"):
        list_spans([span_of(1, ["a_01"]), Span(2, None, str(tmp_path))])


def test_an_empty_span_is_named(span_of):
    with pytest.raises(UnusableFolder, match="span-2: no photographs in train/"):
        list_spans([span_of(1, ["a_01"]), span_of(2, [])])


def test_fingerprint_changes_with_the_spans_and_what_is_in_them(span_of):
    one, two = span_of(1, ["a_01"]), span_of(2, ["b_01"])
    before = spans_fingerprint([one, two])
    assert len(before) == 64
    assert before == spans_fingerprint([one, two])
    seen = {
        before,
        spans_fingerprint([one]),
        spans_fingerprint([two]),
        spans_fingerprint([one, Span(3, None, two.path)]),
        spans_fingerprint([one, Span(2, 1, two.path)]),
    }
    with open(f"{one.path}/train/a_01.jpg", "wb") as file:
        file.write(b"changed")
    seen.add(spans_fingerprint([one, two]))
    assert len(seen) == 6
