import pytest

from evaluation.label_suspicion import robust_spread


def test_golden_value():
    # Median 3, distances 2 1 0 1 97, their median 1.
    assert robust_spread([1, 2, 3, 4, 100]) == pytest.approx(1.4826)


def test_it_is_the_deviation_of_a_normal():
    normal = [-1.2816, -0.8416, -0.5244, -0.2533, 0.0, 0.2533, 0.5244, 0.8416, 1.2816]
    assert robust_spread([10 * each for each in normal]) == pytest.approx(10, rel=0.25)


def test_equal_values_have_none():
    assert robust_spread([7.0, 7.0, 7.0]) == 0.0
