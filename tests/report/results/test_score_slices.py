import pytest

from evaluation.clause import Clause
from report.results.score_slices import score_slices
from tests.report.finished_run import score_of

SCORES = [
    score_of("unet", "a_01", 0.8),
    score_of("unet", "b_01", 0.6),
    score_of("unet", "a_02", 0.9),
    score_of("unet", "b_10", 0.5),
]


def _slices(values, clauses=()):
    return score_slices(SCORES, "pose", values, clauses)


def test_means_counts_and_order():
    slices = _slices({"a_01": 1, "b_01": 1, "a_02": 2, "b_10": 10})
    assert [each.value for each in slices] == [1, 2, 10]
    assert [each.photographs for each in slices] == [2, 1, 1]
    assert [each.cars for each in slices] == [2, 1, 1]
    assert [each.dice.mean for each in slices] == pytest.approx([0.7, 0.9, 0.5])
    # Two cars: every draw is both, or one of them twice.
    assert (slices[0].dice.low, slices[0].dice.high) == pytest.approx((0.6, 0.8))
    assert (slices[1].dice.low, slices[1].dice.high) == (None, None)


def test_what_is_unknown_is_in_no_slice():
    assert [each.value for each in _slices({"a_01": "", "b_01": -1, "a_02": "Acme"})] == ["Acme"]
    assert _slices({}) == []


def test_numbers_and_text_can_be_sorted():
    slices = _slices({"a_01": "x", "b_01": 3, "a_02": 2.5})
    assert [each.value for each in slices] == [2.5, 3, "x"]


def test_a_clause_that_failed_marks_the_slices_that_it_names():
    clauses = [
        Clause("no weak pose", False, "", {"slices": 3.0, "slice_floor": 0.6, "pose 10": 0.5}),
        Clause("no pose worse", True, "", {"pose 1": -0.1}),
        Clause("good enough", False, "", {"dice": 0.5}),
    ]
    slices = _slices({"a_01": 1, "b_01": 1, "a_02": 2, "b_10": 10}, clauses)
    assert [each.failed for each in slices] == [(), (), ("no weak pose",)]
