from dataclasses import replace

import numpy as np
import pytest

from evaluation.label_observation import LabelObservation
from evaluation.label_pose import POSES, suspect_by_pose
from evaluation.label_suspicion import NO_SUSPICION


def turntable(cars=12, seed=0):
    """Observations by (car, pose) of cars of several sizes, whose labels are well made."""
    rng = np.random.default_rng(seed)
    observations = {}
    for number in range(cars):
        size = rng.uniform(0.9, 1.1)
        for pose in range(1, POSES + 1):
            angle = 2 * np.pi * (pose - 1) / POSES
            length = size * (700 + 200 * np.sin(angle) ** 2) * (1 + 0.004 * rng.standard_normal())
            height = size * 380 + 20 * np.cos(angle) + rng.standard_normal()
            x, y = 960 + 30 * np.cos(angle) + rng.standard_normal(), 700 + rng.standard_normal()
            observations[f"car{number}", pose] = LabelObservation(
                height=1280,
                width=1918,
                area=round(0.8 * length * height),
                left=round(x - length / 2),
                top=round(y - height / 2),
                right=round(x + length / 2),
                bottom=round(y + height / 2),
                centre_x=x,
                centre_y=y,
            )
    return observations


def judge(observations):
    cars, poses = zip(*observations, strict=True)
    suspicions = suspect_by_pose(list(observations.values()), cars, poses)
    return dict(zip(observations, suspicions, strict=True))


def smaller(observation, share):
    """The label without the lowest part of the car."""
    rows = observation.bottom - observation.top
    return replace(
        observation,
        area=round(observation.area * (1 - share)),
        bottom=round(observation.bottom - share * rows),
        centre_y=observation.centre_y - share * rows / 2,
    )


def test_well_made_labels_are_not_suspect():
    assert max(each.strength for each in judge(turntable()).values()) < 4


def test_a_label_that_is_too_small_is_found_and_its_neighbours_are_not_blamed():
    observations = turntable()
    observations["car3", 5] = smaller(observations["car3", 5], 0.2)
    suspicions = judge(observations)
    assert suspicions["car3", 5].strength > 10
    assert max(each.strength for place, each in suspicions.items() if place != ("car3", 5)) < 4
    assert suspicions["car3", 5].reason.endswith(
        "% smaller than poses 4 and 6 of its car lead one to expect"
    )
    share = float(suspicions["car3", 5].reason.split("is ")[1].split("%")[0])
    assert share == pytest.approx(20, abs=1.5)


@pytest.mark.parametrize(
    ("pose", "neighbours"),
    [(1, "poses 16 and 2 "), (16, "poses 15 and 1 "), (9, "poses 8 and 10 ")],
)
def test_the_turntable_is_a_circle(pose, neighbours):
    observations = turntable()
    observations["car0", pose] = smaller(observations["car0", pose], 0.15)
    suspicion = judge(observations)["car0", pose]
    assert suspicion.strength > 10
    assert neighbours in suspicion.reason


def test_a_label_that_lies_elsewhere_is_named_by_its_place():
    observations = turntable()
    there = observations["car2", 7]
    observations["car2", 7] = replace(
        there, top=there.top + 60, bottom=there.bottom + 60, centre_y=there.centre_y + 60
    )
    suspicion = judge(observations)["car2", 7]
    assert suspicion.strength > 10
    assert " px lower than poses 6 and 8 of its car lead one to expect" in suspicion.reason
    pixels = int(suspicion.reason.split(" px")[0].split()[-1])
    assert pixels == pytest.approx(60, abs=6)


def test_one_figure_alone_is_an_antenna():
    observations = turntable()
    there = observations["car2", 7]
    observations["car2", 7] = replace(there, top=there.top - 100)
    assert judge(observations)["car2", 7].strength < 4


def test_what_differs_alike_in_all_cars_is_usual():
    observations = turntable()
    for number in range(12):
        observations[f"car{number}", 4] = smaller(observations[f"car{number}", 4], 0.1)
    assert max(each.strength for each in judge(observations).values()) < 4


@pytest.mark.parametrize("pose", [-1, 0, 17])
def test_an_unknown_pose_is_no_suspicion(pose):
    observations = turntable()
    observations["car2", pose] = smaller(observations.pop(("car2", 7)), 0.5)
    suspicions = judge(observations)
    assert suspicions["car2", pose] == NO_SUSPICION
    # Nor can those be judged that have lost a neighbour.
    assert suspicions["car2", 6] == suspicions["car2", 8] == NO_SUSPICION
    assert suspicions["car2", 5] != NO_SUSPICION


@pytest.mark.parametrize("cars", [1, 2, 4])
def test_few_cars_are_judged_by_all_their_poses(cars):
    observations = turntable(cars)
    assert max(each.strength for each in judge(observations).values()) < 4
    observations["car0", 5] = smaller(observations["car0", 5], 0.3)
    suspicions = judge(observations)
    assert max(suspicions, key=lambda place: suspicions[place].strength) == ("car0", 5)
    assert suspicions["car0", 5].strength > 3.5


def test_too_few_labels_say_nothing():
    observations = {place: each for place, each in turntable(1).items() if place[1] <= 5}
    assert set(judge(observations).values()) == {NO_SUSPICION}
