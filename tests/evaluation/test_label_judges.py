from itertools import combinations

import pytest

from evaluation.label_judges import JUDGES_FROM_DICE, agreed, judged_objections
from evaluation.label_objection import LabelObjection


def objections(**missing):
    """Of models that each see so many pixels more, in pieces within one another."""
    alone = [LabelObjection((name,), missing=pixels) for name, pixels in missing.items()]
    pairs = [
        LabelObjection((one, other), missing=min(missing[one], missing[other]))
        for one, other in combinations(sorted(missing), 2)
    ]
    return alone + pairs


def judges(*dice):
    """Who judges each photograph; every model gave a mask of each."""
    names = sorted(dice[0])
    found = judged_objections([objections(**dict.fromkeys(names, 1)) for _ in dice], dice)
    return [each.models for each in found]


def test_a_model_is_not_judged_by_the_label_that_it_judges():
    # The third label is so wrong that no good model comes near it, and a bad one does.
    dice = [{"bad": 0.7, "good": 0.99}, {"bad": 0.8, "good": 0.98}, {"bad": 1.0, "good": 0.1}]
    assert judges(*dice * 3) == 9 * [("good",)]


def test_of_two_photographs_the_other_one_decides():
    assert judges({"a": 0.2}, {"a": 0.95}) == [("a",), ()]


def test_on_one_photograph_alone_nobody_is_a_judge():
    assert judges({"a": 1.0}) == [()]


def test_no_photographs_no_objections():
    assert judged_objections([], []) == []


@pytest.mark.parametrize(
    ("dice", "expected"),
    [
        # The medians of the others are 0.9, 0.7 and 0.7.
        ([0.5, 0.9, 0.9], [True, False, False]),
        ([0.9, 0.9, 0.5, 0.9], [True, True, True, True]),
        ([0.5, 0.5, 0.9, 0.9], [True, True, False, False]),
        # 0.89, 0.9, 0.9 and 0.89.
        ([0.95, 0.85, 0.89, 0.9], [False, True, True, False]),
    ],
)
def test_the_median_over_the_others_counts(dice, expected):
    medians_reach = [bool(each) for each in judges(*({"a": value} for value in dice))]
    assert medians_reach == expected


def test_nine_tenths_are_enough():
    assert JUDGES_FROM_DICE == 0.9
    assert judges(*[{"a": 0.9, "b": 0.8999}] * 3) == 3 * [("a",)]


def test_up_to_half_of_the_labels_may_be_wrong():
    assert judges(*[{"a": 0.1}] * 4 + [{"a": 0.99}] * 5)[:4] == 4 * [("a",)]


def test_a_judge_without_a_mask_is_left_out():
    dice = [{"a": 0.99, "b": 0.99}] * 3 + [{"a": 0.99, "b": 0.0}]
    seen = [objections(a=5, b=3)] * 3 + [objections(a=5)]
    found = judged_objections(seen, dice)
    assert [each.models for each in found] == 3 * [("a", "b")] + [("a",)]
    assert [each.missing for each in found] == [3, 3, 3, 5]
    assert judged_objections([[]] * 4, dice) == 4 * [LabelObjection()]


def test_one_or_two_models_are_heard_as_they_are():
    seen = [
        LabelObjection(("a",), 9, 8, 7, 6, 5, 4, 3, 2, 1.5, -2.5, 3.5),
        LabelObjection(("b",), 8, 7, 6, 5, 4, 3, 2, 1, 0.5, -1.5, 2.5),
        LabelObjection(("a", "b"), 7, 6, 5, 4, 3, 2, 1, 9, 0.25, -1.25, 2.0),
    ]
    assert agreed(seen, {"a"}) == seen[0]
    assert agreed(seen, {"b", "c"}) == seen[1]
    assert agreed(seen, ["b", "a"]) == seen[2]
    assert agreed(seen, {"c"}) == agreed(seen, ()) == agreed([], {"a"}) == LabelObjection()


def test_more_models_have_what_the_two_have_that_have_least():
    seen = [
        LabelObjection(("a",)),
        LabelObjection(("b",)),
        LabelObjection(("c",)),
        LabelObjection(("a", "b"), 90, 80, 7, 6, 30, 20, 3, 2, 1.5, -2.5, 0.5),
        LabelObjection(("a", "c"), 70, 60, 5, 4, 50, 40, 1, 9, -1.0, -1.5, 0.25),
        LabelObjection(("b", "c"), 80, 75, 6, 5, 40, 30, 2, 8, 1.0, -2.0, 0.75),
    ]
    assert agreed(seen, {"a", "b", "c"}) == LabelObjection(
        ("a", "b", "c"), 70, 60, 5, 4, 30, 20, 3, 2, 0.0, -1.5, 0.25
    )
