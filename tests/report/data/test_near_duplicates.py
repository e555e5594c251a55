import cv2
import numpy as np
import pytest

from report.data.near_duplicates import Fingerprint, NearDuplicate, look_of, near_duplicates


@pytest.fixture
def picture():
    """Makes a photograph of many shapes, 160 rows of 240."""

    def make(seed=0):
        rng = np.random.default_rng(seed)
        coarse = rng.integers(0, 200, (20, 30), np.uint8)
        return cv2.resize(coarse, (240, 160), interpolation=cv2.INTER_NEAREST)

    return make


def _print(image_id, split, gray, digest=None):
    return Fingerprint(image_id, split, digest or image_id.encode(), look_of(gray))


def _jpeg(gray, quality):
    return cv2.imdecode(cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda gray: _jpeg(gray, 40),
        lambda gray: cv2.resize(gray, (120, 80), interpolation=cv2.INTER_AREA),
        lambda gray: cv2.convertScaleAbs(gray, alpha=1.15, beta=5),
        lambda gray: cv2.convertScaleAbs(gray, alpha=0.8),
    ],
    ids=["compressed", "smaller", "brighter", "darker"],
)
def test_a_changed_copy_in_another_split_is_found(picture, change):
    [pair] = near_duplicates(
        [
            _print("x_01", "train", picture()),
            _print("a_01", "test", change(picture())),
            _print("b_01", "test", picture(1)),
        ]
    )
    assert (pair.image_ids, pair.splits) == (("a_01", "x_01"), ("test", "train"))
    assert 0.95 <= pair.likeness <= 1.0
    assert not pair.same_bytes


def test_the_same_bytes_are_found_even_where_there_is_nothing_to_see(picture):
    flat = np.full((1, 1), 7, np.uint8)
    prints = [_print("a_01", "val", flat, b"same"), _print("b_01", "test", flat, b"same")]
    assert near_duplicates(prints) == (
        NearDuplicate(("a_01", "b_01"), ("val", "test"), 1.0, same_bytes=True),
    )


def test_pictures_of_one_surface_are_not_like_each_other():
    prints = [
        _print(f"a{level}_01", split, np.full((9, 9), level, np.uint8))
        for level, split in ((20, "train"), (200, "test"))
    ]
    assert near_duplicates(prints) == ()


def test_within_a_split_nothing_is_said(picture):
    assert near_duplicates([_print(f"{car}_01", "train", picture()) for car in "ab"]) == ()


def test_other_photographs_are_not_found(picture):
    splits = ("train", "val", "test")
    assert near_duplicates([_print(f"{n}_01", splits[n % 3], picture(n)) for n in range(30)]) == ()


def test_no_photographs():
    assert near_duplicates([]) == ()


def test_where_all_are_the_same_there_are_not_more_pairs_than_photographs(picture):
    prints = [_print(f"{n:04}_01", ("train", "test")[n % 2], picture()) for n in range(600)]
    pairs = near_duplicates(prints)
    assert len(pairs) <= 600
    assert {name for pair in pairs for name in pair.image_ids} == {each.image_id for each in prints}


def test_those_most_alike_come_first(picture):
    pairs = near_duplicates(
        [
            _print("a_01", "train", picture(1)),
            _print("b_01", "test", _jpeg(picture(1), 10)),
            _print("c_01", "train", picture(2), b"c"),
            _print("d_01", "test", picture(2), b"c"),
        ]
    )
    assert [pair.image_ids for pair in pairs] == [("c_01", "d_01"), ("a_01", "b_01")]
    assert [pair.same_bytes for pair in pairs] == [True, False]
