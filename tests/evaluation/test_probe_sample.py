import random

import pytest

from evaluation.probe_sample import probe_sample

SIXTEEN_CARS = [f"car{car:02}_{pose:02}" for car in range(16) for pose in range(1, 17)]


@pytest.fixture
def scores(score_of):
    """Makes a candidate's scores of 16 cars in 16 poses; keyword arguments change some of them."""

    def make(**changes):
        known = {"dice": 0.98}
        return [score_of("unet", each, **known | changes.get(each, {})) for each in SIXTEEN_CARS]

    return make


def test_cars_and_poses_both_vary(scores):
    sample = probe_sample(scores(), 16)
    cars, poses = ({each.split("_")[part] for each in sample} for part in (0, 1))
    assert len(poses) >= 8
    assert len(cars) >= 8


def test_the_choice_depends_on_the_ids_alone(scores):
    mixed = random.Random(3).sample(scores(), 256)
    assert probe_sample(mixed, 16) == probe_sample(scores(), 16)


def test_more_are_the_same_and_others(scores):
    assert probe_sample(scores(), 8) < probe_sample(scores(), 16)


@pytest.mark.parametrize("worst", [SIXTEEN_CARS[:4], SIXTEEN_CARS[-4:]])
def test_the_four_worst_masks_are_among_them(scores, worst):
    sample = probe_sample(scores(**{each: {"dice": 0.9} for each in worst}), 2)
    assert set(worst) <= sample
    assert len(sample) <= 6


def test_what_has_no_mask_is_not_the_worst(scores):
    fault = {"dice": 0.0, "fault": "none"}
    faulty, bad = SIXTEEN_CARS[:8], SIXTEEN_CARS[8:12]
    changes = dict.fromkeys(faulty, fault) | dict.fromkeys(bad, {"dice": 0.5})
    assert set(bad) <= probe_sample(scores(**changes), 1)


def test_fewer_photographs_than_asked_for(score_of):
    assert probe_sample([score_of("unet", "a_01")], 16) == {"a_01"}
