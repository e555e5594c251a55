import dataclasses

import pytest

from components.drift_comparison import FeatureDrift
from components.drift_verdict import finding, shown, shown_shift

_BRIGHTNESS = FeatureDrift(
    name="brightness",
    unit="levels of 0..255",
    comparator="jensen_shannon_divergence",
    distance=0.1234,
    limit=0.35,
    baseline_mean=100.04,
    current_mean=84.96,
    shift=-15.08,
    shift_limit=15.0,
    most_changed="",
    values=(80.0, 100.0, 120.0),
    baseline_shares=(0.5, 0.5),
    current_shares=(1.0, 0.0),
)


def _like(**changes):
    return dataclasses.replace(_BRIGHTNESS, **changes)


def test_a_finding_names_both_values_and_the_limits():
    assert finding(_BRIGHTNESS) == (
        "brightness: mean 100.0, now 85.0, a shift of -15.1 levels (limit 15); "
        "Jensen-Shannon divergence 0.123 (limit 0.35)"
    )


def test_a_finding_about_names_names_the_one_that_changed_most():
    poses = _like(
        name="pose",
        comparator="infinity_norm",
        baseline_mean=None,
        current_mean=None,
        shift=None,
        shift_limit=None,
        distance=0.25,
        limit=0.05,
        most_changed="16",
        values=("1", "16"),
        baseline_shares=(0.75, 0.25),
        current_shares=(1.0, 0.0),
    )
    assert finding(poses) == (
        "pose: 16 had 25.0% of the photographs and has 0.0%; "
        "largest change of a share 0.250 (limit 0.05)"
    )


def test_a_size_has_no_limit_for_its_shift():
    size = _like(name="width", baseline_mean=1918.0, current_mean=960.0, shift=None)
    assert finding(dataclasses.replace(size, shift_limit=None)) == (
        "width: mean 1918.0, now 960.0; Jensen-Shannon divergence 0.123 (limit 0.35)"
    )


@pytest.mark.parametrize(
    ("name", "mean", "shift"),
    [
        ("mask_area", "25.0%", "+20.0% of what it was (limit 16.0%)"),
        ("saturation", "0.250", "+0.200 (limit 0.16)"),
        ("warmth", "0.2", "+0.2 levels (limit 0.16)"),
    ],
)
def test_units_that_a_person_reads(name, mean, shift):
    each = _like(name=name, shift=0.2, shift_limit=0.16)
    assert shown(each, 0.25) == mean
    assert shown_shift(each) == shift
    assert shown(each, None) == ""
    assert shown_shift(dataclasses.replace(each, shift=None)) == ""


@pytest.mark.parametrize(
    ("changes", "exceeds"),
    [
        ({}, True),
        ({"shift": 15.0}, False),
        ({"shift": 15.1}, True),
        ({"shift": -14.9}, False),
        ({"shift": -14.9, "distance": 0.36}, True),
        ({"shift": None, "distance": 0.35}, False),
        ({"shift": None, "distance": None}, False),
        ({"shift_limit": None}, False),
    ],
)
def test_over_a_limit(changes, exceeds):
    assert _like(**changes).exceeds is exceeds
