import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from evaluation.bootstrap import Interval, group_bootstrap


def test_the_mean_is_over_photographs_and_not_over_cars():
    interval = group_bootstrap([0.0, 1.0, 1.0, 1.0], ["a", "b", "b", "b"])
    assert interval.mean == 0.75
    # A draw may be car a alone, or car b alone.
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_two_cars_have_three_means():
    # A quarter of the draws each for a alone and b alone, half for both: (0 + 3) / 4, not the
    # 1 / 2 that the mean of the cars' means would give.
    middle = group_bootstrap([0.0, 1.0, 1.0, 1.0], ["a", "b", "b", "b"], level=0.4)
    assert (middle.low, middle.high) == (0.75, 0.75)


def test_many_cars_give_the_interval_of_the_normal_distribution():
    values = np.random.default_rng(3).normal(0.5, 0.1, 400)
    interval = group_bootstrap(values, [f"{n}" for n in range(400)])
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(interval.mean - half, abs=0.1 * half)
    assert interval.high == pytest.approx(interval.mean + half, abs=0.1 * half)


def test_more_photographs_of_the_same_cars_do_not_narrow_it():
    # One that drew photographs would be four times as narrow.
    values = np.random.default_rng(4).uniform(size=12)
    cars = [f"car {n}" for n in range(12)]
    once = group_bootstrap(values, cars)
    often = group_bootstrap(np.repeat(values, 16), np.repeat(cars, 16))
    assert dataclasses.astuple(often) == pytest.approx(dataclasses.astuple(once), rel=1e-12)


def test_a_lower_level_is_narrower():
    values, cars = np.arange(20.0), [str(n) for n in range(20)]
    wide, narrow = (group_bootstrap(values, cars, level=level) for level in (0.95, 0.5))
    assert wide.low < narrow.low < 9.5 < narrow.high < wide.high


def test_the_seed_decides():
    values, cars = np.random.default_rng(5).uniform(size=9), list("abcdefghi")
    assert group_bootstrap(values, cars) == group_bootstrap(values, cars, seed=0)
    assert group_bootstrap(values, cars) != group_bootstrap(values, cars, seed=1)


def test_one_car_has_no_interval():
    assert group_bootstrap([0.25, 0.75], ["a", "a"]) == Interval(0.5, None, None)


@pytest.mark.parametrize(
    ("values", "groups", "reason"),
    [
        ([], [], r"values \(0,\) and 0 groups"),
        ([1.0], ["a", "b"], r"values \(1,\) and 2 groups"),
        ([[1.0]], ["a"], r"values \(1, 1\) and 1 groups"),
        ([1.0, np.nan], ["a", "b"], "not finite"),
        ([1.0, -np.inf], ["a", "b"], "not finite"),
    ],
)
def test_values_without_a_mean_are_refused(values, groups, reason):
    with pytest.raises(ValueError, match=reason):
        group_bootstrap(values, groups)


def test_an_interval_holds_no_nan():
    with pytest.raises(ValidationError, match="finite number"):
        Interval(float("nan"), None, None)


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.floats(-1, 1)),
        min_size=1,
        max_size=12,
    )
)
def test_it_stays_between_the_cars_means(photographs):
    interval = group_bootstrap([v for _, v in photographs], [g for g, _ in photographs], 50)
    if len({group for group, _ in photographs}) == 1:
        assert interval.low is interval.high is None
        return
    means = [np.mean([v for g, v in photographs if g == group]) for group, _ in photographs]
    assert min(means) - 1e-12 <= interval.low <= interval.high <= max(means) + 1e-12
