"""Which photographs are shown, and what their pictures show."""

import base64

import cv2
import numpy as np
import pytest

from report.results.compared_photographs import choose_photographs, compared_photographs
from tests.report.finished_run import red_is_car, score_of


@pytest.fixture(scope="module")
def servable(tmp_path_factory):
    return str(red_is_car(tmp_path_factory.mktemp("model") / "Format-Serving"))


@pytest.fixture
def examples(tmp_path, write_records):
    def write(*records):
        write_records(tmp_path / "Split-test" / "data.gz", list(records))
        return str(tmp_path)

    return write


def _chosen(*dice, **faults):
    scores = [
        score_of("unet", f"a_{n:02}", each, fault=faults.get(f"a_{n:02}", ""))
        for n, each in enumerate(dice)
    ]
    return [(rank, score.image_id[-2:]) for rank, score in choose_photographs(scores)]


def test_two_of_each():
    assert _chosen(0.5, 0.9, 0.1, 0.7, 0.3, 0.8, 0.6, 0.2) == [
        ("best", "01"),
        ("best", "05"),
        ("median", "06"),
        ("median", "00"),
        ("worst", "07"),
        ("worst", "02"),
    ]


def test_no_mask_is_the_worst_whatever_its_score():
    assert _chosen(0.5, 0.9, 0.1, a_01="Error: x")[-1] == ("worst", "01")


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (0, []),
        (1, ["worst 00"]),
        (2, ["worst 01", "worst 00"]),
        (3, ["best 02", "worst 01", "worst 00"]),
        (5, ["best 04", "best 03", "median 02", "worst 01", "worst 00"]),
    ],
)
def test_of_a_few_none_comes_twice(count, expected):
    chosen = _chosen(*np.linspace(0.1, 0.9, count))
    assert [f"{rank} {number}" for rank, number in chosen] == expected


def _pixels(picture):
    jpeg = base64.b64decode(picture.uri.partition(",")[2])
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]


def test_pictures(examples, servable, raw_example, pixels_of_mask, image_file):
    # PNG: a JPEG's car bleeds into the backdrop.
    images = [image_file(48, 32, n, "PNG") for n in range(3)]
    records = (
        raw_example(f"\u8eca <b> {n}_01", 48, 32, n, image=image) for n, image in enumerate(images)
    )
    folder = examples(*records)
    scores = [score_of("unet", f"\u8eca <b> {n}_01", 0.5 + n / 10) for n in range(3)]
    compared = compared_photographs(scores, folder, servable)
    assert [each.rank for each in compared] == ["best", "worst", "worst"]
    assert [each.score for each in compared] == scores[::-1]
    for each, seed in zip(compared, (2, 1, 0), strict=True):
        truth = pixels_of_mask(48, 32, seed) > 0
        missed = np.count_nonzero(truth[:12])
        assert missed
        assert each.picture.alt == (
            f"\u8eca <b> {seed}_01: photograph, truth, "
            f"mask, {missed:,} px missed and 0 px surplus, difference"
        )
        pixels = _pixels(each.picture)
        assert pixels.shape[1] == 972
        # The truth's panel, the second of four, is as white as the truth.
        panel = pixels[20:180, 246:484].mean(axis=2) / 255
        assert panel.mean() == pytest.approx(truth.mean(), abs=0.03)


def test_a_model_that_fails_is_shown_with_its_fault(examples, servable, raw_example):
    folder = examples(raw_example("a_01", 13, 32), raw_example("a_02", 48, 32))
    scores = [score_of("unet", "a_01", 0.0, fault="no <mask>"), score_of("unet", "a_02", 0.5)]
    second, first = compared_photographs(scores, folder, servable)
    assert first.picture.alt == "a_01: photograph, truth, no mask, difference"
    assert second.picture.alt.startswith("a_02: photograph, truth, mask, ")


def test_a_model_that_fails_only_now(examples, servable, raw_example):
    folder = examples(raw_example("a_01", 13, 32))
    [only] = compared_photographs([score_of("unet", "a_01", 0.5)], folder, servable)
    assert only.picture.alt == "a_01: photograph, truth, no mask, difference"


def test_a_photograph_or_a_model_that_is_gone(examples, servable, raw_example, tmp_path):
    scores = [score_of("unet", "a_01", 0.5), score_of("unet", "b_01", 0.6)]
    none = compared_photographs(scores, str(tmp_path / "none"), servable)
    assert [each.picture for each in none] == [None, None]
    folder = examples(raw_example("a_01", 48, 32))
    b, a = compared_photographs(scores, folder, servable)
    assert b.picture is None
    assert a.picture is not None
    without = compared_photographs(scores, folder, str(tmp_path / "no model"))
    assert [each.picture for each in without] == [None, None]
