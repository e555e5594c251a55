import pytest

from evaluation.clauses.gain import Gain


def test_differences_are_of_the_same_photograph(evidence_of):
    # The two models' Dice alone overlap; what differs is always the same.
    unet = {"a_01": 0.5, "b_01": 0.75, "c_01": 1.0}
    cnn = {"c_01": 0.875, "a_01": 0.375, "b_01": 0.625}
    gain = Gain.over(evidence_of(unet, cnn=cnn), "cnn")
    assert gain.differences.tolist() == [0.125, 0.125, 0.125]
    assert (gain.mean, gain.low, gain.high, gain.cars) == (0.125, 0.125, 0.125, 3)
    assert str(gain) == "+0.1250, +0.1250 to +0.1250 over 3 cars"


def test_one_car_says_nothing_about_others(evidence_of):
    gain = Gain.over(evidence_of({"a_01": 0.75, "a_02": 0.5}, cnn=0.5), "cnn")
    assert (gain.mean, gain.low, gain.high, gain.cars) == (0.125, -1.0, 1.0, 1)
    assert str(gain) == "+0.1250, -1.0000 to +1.0000 over 1 car"


def test_photographs_that_the_rival_gave_no_mask_for_are_left_out(evidence_of):
    fault = {"dice": 0.0, "fault": "none"}
    evidence = evidence_of(
        {"a_01": 0.75, "b_01": 1.0, "c_01": fault}, cnn={"a_01": 0.5, "b_01": fault, "c_01": 0.5}
    )
    gain = Gain.over(evidence, "cnn")
    assert gain.photographs == (0, 2)
    assert gain.differences.tolist() == [0.25, -0.5]
    assert (gain.mean, gain.cars) == (-0.125, 2)


def test_nothing_to_compare_says_nothing(evidence_of):
    gain = Gain.over(evidence_of({"a_01": 0.75}, cnn={"a_01": {"fault": "none"}}), "cnn")
    assert (gain.photographs, gain.cars) == ((), 0)
    assert (gain.mean, gain.low, gain.high) == (0.0, -1.0, 1.0)


def test_some_photographs_only(evidence_of):
    gain = Gain.over(evidence_of({"a_01": 1.0, "b_01": 0.5, "c_01": 0.75}), "cnn", [0, 2])
    assert gain.differences.tolist() == [1.0, 0.75]
    assert gain.cars == 2
    assert (gain.low, gain.high) == pytest.approx((0.75, 1.0))
