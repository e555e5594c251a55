from dataclasses import replace

import cv2
import numpy as np
import pytest

from evaluation.label_audit import LabelledPhotograph, audit_labels
from evaluation.label_objection import LabelObjection
from evaluation.label_observation import observe_label

WIDTH, HEIGHT, CARS, POSES = 192, 128, 6, 16


def blob(x, y, long, short):
    """An ellipse whose measures need not be whole pixels."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside = ((columns - x) / long) ** 2 + ((rows - y) / short) ** 2 < 1
    return np.where(inside, 255, 0).astype(np.uint8)


def shape(rng, size, pose):
    angle = 2 * np.pi * (pose - 1) / POSES
    return (
        96 + 4 * np.cos(angle) + rng.uniform(-0.3, 0.3),
        64 + rng.uniform(-0.3, 0.3),
        size * (45 + 15 * np.sin(angle) ** 2),
        size * (28 + 2 * np.cos(angle)),
    )


def as_a_model_sees(rng, x, y, long, short):
    """The car with an outline that is a little off, by less than a pixel, never in the same way."""
    noise = rng.normal(0, 0.3, 4)
    return blob(x + noise[0], y + noise[1], long + noise[2], short + noise[3])


def shifted(label):
    return np.roll(label, (2, -3), (0, 1))


def cut(label):
    return cv2.circle(label.copy(), (70, 80), 9, 0, -1)


def with_surplus(label):
    return cv2.ellipse(label.copy(), (96, 96), (30, 8), 0, 0, 360, 255, -1)


def grown(label):
    return cv2.dilate(label, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))


def shrunk(label):
    return cv2.erode(label, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5)))


BREAKS = {each.__name__: each for each in (shifted, cut, with_surplus, grown, shrunk)}


def studio(models=2, cars=CARS, broken=(), seed=0):
    """Photographs of a turntable; ``broken`` maps (car, pose) to what is done to the label."""
    rng = np.random.default_rng(seed)
    broken = dict(broken)
    photographs = []
    for car in range(cars):
        size = rng.uniform(0.9, 1.1)
        for pose in range(1, POSES + 1):
            measures = shape(rng, size, pose)
            label = blob(*measures)
            masks = {f"{each}": as_a_model_sees(rng, *measures) for each in range(2)}
            if (car, pose) in broken:
                label = broken[car, pose](label)
            observation = observe_label(label, dict(list(masks.items())[:models]))
            image_id, dice = f"car{car}_{pose:02}", dict.fromkeys(list(masks)[:models], 0.99)
            photographs.append(LabelledPhotograph(image_id, f"car{car}", pose, observation, dice))
    return photographs


def objecting(photograph, models=("0", "1"), **changes):
    """The photograph with something else that is held against its label."""
    objection = replace(LabelObjection(models), **changes)
    changed = tuple(
        objection if each.models == models else each for each in photograph.observation.objections
    )
    return with_label(photograph, objections=changed)


def with_label(photograph, **changes):
    return replace(photograph, observation=replace(photograph.observation, **changes))


def neighbouring(car_size=1.0, pose=4):
    rng = np.random.default_rng(1)
    return lambda _: blob(*shape(rng, car_size, pose))


def ids(suspects):
    return [suspect.image_id for suspect in suspects]


@pytest.mark.parametrize("models", [0, 1, 2])
def test_clean_labels_are_not_listed(models):
    assert audit_labels(studio(models)) == []


def test_no_photographs_no_suspects():
    assert audit_labels([]) == []


@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize("kind", [*BREAKS, "swapped"])
def test_each_kind_of_broken_label_comes_first(kind, models):
    broken = BREAKS.get(kind, neighbouring(pose=6))
    suspects = audit_labels(studio(models, broken={(2, 5): broken}))
    assert ids(suspects)[:1] == ["car2_05"]
    assert len(suspects) == 1


def test_several_broken_labels_are_all_found():
    places = {(number, 3 * number + 1): broken for number, broken in enumerate(BREAKS.values())}
    suspects = audit_labels(studio(broken=places))
    assert set(ids(suspects)) == {f"car{car}_{pose:02}" for car, pose in places}
    assert [each.score for each in suspects] == sorted(each.score for each in suspects)[::-1]


@pytest.mark.parametrize(
    ("broken", "models", "words"),
    [
        (cut, 2, "all models see 2"),
        (cut, 2, " px more car, in one piece of 2"),
        (cut, 1, "the model sees 2"),
        (with_surplus, 2, " px less car, in one piece of "),
    ],
)
def test_pieces_are_told_in_numbers(broken, models, words):
    [suspect] = audit_labels(studio(models, broken={(2, 5): broken}))
    assert words in suspect.reason


def test_the_place_of_a_piece_is_told():
    [suspect] = audit_labels(studio(broken={(2, 5): cut}))
    x, y = (int(each) for each in suspect.reason.split("(")[1].split(")")[0].split(", "))
    assert x == pytest.approx(70, abs=1)
    assert y == pytest.approx(80, abs=1)


@pytest.mark.parametrize(
    ("change", "models", "reason"),
    [
        (
            {"shift_x": 6.2, "shift_y": -4.1},
            2,
            "the label lies 6 px to the left and 4 px below where all models see the car",
        ),
        (
            {"shift_x": -6.2, "shift_y": 4.1},
            2,
            "the label lies 6 px to the right and 4 px above where all models see the car",
        ),
        (
            {"growth": 3.0},
            2,
            "the label's outline runs 3.0 px inside all models', on the mean all around",
        ),
        (
            {"growth": -3.0},
            1,
            "the label's outline runs 3.0 px outside the model's, on the mean all around",
        ),
    ],
)
def test_shift_and_growth_are_told_in_their_direction(change, models, reason):
    photographs = studio(models)
    photographs[20] = objecting(photographs[20], ("0", "1")[:models], **change)
    [suspect] = audit_labels(photographs)
    assert (suspect.image_id, suspect.reason) == (photographs[20].image_id, reason)


def test_without_models_the_neighbours_in_pose_are_asked():
    [suspect] = audit_labels(studio(models=0, broken={(2, 5): neighbouring(pose=7)}))
    assert suspect.image_id == "car2_05"
    assert "smaller than poses 4 and 6 of its car lead one to expect" in suspect.reason


def test_unknown_poses_leave_it_to_the_models():
    photographs = [
        replace(each, pose=-1, group_id=each.image_id) for each in studio(broken={(2, 5): cut})
    ]
    assert ids(audit_labels(photographs)) == ["car2_05"]
    without = [with_label(each, objections=()) for each in photographs]
    assert audit_labels(without) == []


def test_models_that_do_badly_elsewhere_are_not_asked():
    photographs = [replace(each, pose=-1) for each in studio(broken={(2, 5): cut})]
    bad = [replace(each, dice={"0": 0.8, "1": 0.8}) for each in photographs]
    assert audit_labels(bad) == []
    # On the wrong label itself they may do as badly as it is wrong.
    honest = [
        replace(each, dice={"0": 0.1, "1": 0.1}) if each.image_id == "car2_05" else each
        for each in photographs
    ]
    assert ids(audit_labels(honest)) == ["car2_05"]


def test_a_model_that_does_badly_does_not_excuse_a_label():
    photographs = studio(broken={(2, 5): cut})
    index = ids(photographs).index("car2_05")
    # The second model sees the very hole that was cut, so the two agree on nothing.
    photographs[index] = objecting(objecting(photographs[index], ("1",)), ("0", "1"))
    assert audit_labels(photographs) == []
    photographs = [replace(each, dice={"0": 0.99, "1": 0.8}) for each in photographs]
    assert ids(audit_labels(photographs)) == ["car2_05"]


@pytest.mark.parametrize("kind", BREAKS)
def test_one_car_alone_is_enough(kind):
    suspects = audit_labels(studio(cars=1, broken={(0, 5): BREAKS[kind]}))
    assert ids(suspects)[:1] == ["car0_05"]
    assert audit_labels(studio(cars=1)) == []


def test_a_label_that_no_model_objects_to_is_not_listed_for_its_pose():
    photographs = studio()
    odd = next(each for each in photographs if each.image_id == "car2_05")
    small = with_label(odd, area=odd.observation.area // 2, bottom=80)
    index = photographs.index(odd)
    photographs[index] = small
    assert audit_labels(photographs) == []
    photographs[index] = with_label(small, objections=())
    assert ids(audit_labels(photographs)) == ["car2_05"]


# Roots of the pixels that the models see more in one car: as pieces of 0 to 3 px in all others, the
# first would be listed by itself (6 px against a spread of 1), the second by its larger half.
@pytest.mark.parametrize("roots", [[6] * POSES, [0, 10] * (POSES // 2)])
def test_a_car_that_the_models_find_hard_does_not_fill_the_list(roots):
    def objected(photograph, root):
        pixels = {"missing": root**2, "missing_piece": root**2}
        return objecting(photograph, **pixels)

    photographs = studio(broken={(3, 8): cut})
    car = [index for index, each in enumerate(photographs) if each.group_id == "car1"]
    for index, root in zip(car, roots, strict=True):
        photographs[index] = objected(photographs[index], root)
    assert ids(audit_labels(photographs)) == ["car3_08"]
    # Of another car, one such photograph is enough.
    photographs[0] = objected(photographs[0], max(roots))
    assert ids(audit_labels(photographs)) == ["car3_08", "car0_01"]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_photographs_does_not_matter(seed):
    photographs = studio(broken={(2, 5): cut, (4, 9): shifted, (1, 1): grown})
    expected = audit_labels(photographs)
    assert len(expected) == 3
    shuffled = [photographs[n] for n in np.random.default_rng(seed).permutation(len(photographs))]
    assert audit_labels(shuffled) == expected
