import cv2
import numpy as np
import pytest

from evaluation.label_objection import LabelObjection, objections_to


def rectangle(left=20, top=10, right=70, bottom=50, width=96, height=64):
    mask = np.zeros((height, width), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def ellipse(x=48, y=32, long=30, short=18, width=96, height=64):
    return cv2.ellipse(
        np.zeros((height, width), np.uint8), (x, y), (long, short), 0, 0, 360, 255, -1
    )


def objection(label, **masks):
    """What all of one or two models object to."""
    every = {each.models: each for each in objections_to(label, masks, step=1)}
    return every[tuple(sorted(masks))]


def test_a_model_that_agrees_has_nothing_to_say():
    found = objection(rectangle(), a=rectangle(), b=rectangle())
    assert found.models == ("a", "b")
    assert (found.missing, found.surplus) == (0, 0)
    assert (found.shift_x, found.shift_y, found.growth) == (0.0, 0.0, 0.0)


def test_what_all_models_see_and_the_label_lacks():
    label = rectangle()
    label[20:30, 40:52] = 0
    label[42:46, 60:64] = 0
    found = objection(label, a=rectangle(), b=rectangle())
    assert (found.missing, found.missing_piece) == (120 + 16, 120)
    # The mean of the columns 40..51 and of the rows 20..29 is 45.5 and 24.5.
    assert found.missing_x in (45, 46)
    assert found.missing_y in (24, 25)
    assert (found.surplus, found.surplus_piece) == (0, 0)


def test_what_the_label_has_and_no_model_sees():
    label = rectangle()
    label[52:60, 20:40] = 255
    found = objection(label, a=rectangle())
    assert (found.surplus, found.surplus_piece) == (160, 160)
    assert found.surplus_x in (29, 30)
    assert found.surplus_y in (55, 56)
    assert (found.missing, found.missing_piece) == (0, 0)


def test_models_are_believed_only_where_all_agree():
    holed, blotted = rectangle(), rectangle()
    holed[20:30, 40:50] = 0
    blotted[20:30, 80:90] = 255
    assert objection(holed, a=rectangle(), b=holed).missing == 0
    assert objection(holed, a=rectangle(), b=rectangle()).missing == 100
    assert objection(blotted, a=rectangle(), b=blotted).surplus == 0
    assert objection(blotted, a=rectangle(), b=rectangle()).surplus == 100


@pytest.mark.parametrize("change", [cv2.dilate, cv2.erode])
def test_an_outline_that_is_one_pixel_off_is_no_piece(change):
    label = change(rectangle(), np.ones((3, 3), np.uint8))
    found = objection(label, a=rectangle())
    assert (found.missing, found.surplus) == (0, 0)


@pytest.mark.parametrize(("x", "y"), [(2, 0), (-2, 0), (0, 2), (0, -1), (2, -2)])
def test_the_shift_leads_the_label_to_where_the_models_see_the_car(x, y):
    found = objection(ellipse(48 - x, 32 - y), a=ellipse())
    assert found.shift_x == pytest.approx(x, abs=0.3)
    assert found.shift_y == pytest.approx(y, abs=0.3)
    assert found.growth == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("growth", [-2, -1, 1, 2])
def test_the_growth_leads_the_label_to_the_models_outline(growth):
    found = objection(ellipse(long=30 - growth, short=18 - growth), a=ellipse())
    assert found.growth == pytest.approx(growth, abs=0.4)
    assert found.shift_x == pytest.approx(0, abs=0.2)
    assert found.shift_y == pytest.approx(0, abs=0.2)


def test_every_model_is_heard_alone_and_with_each_other_one():
    masks = {name: rectangle(right=70 + 4 * number) for number, name in enumerate("cab")}
    found = list(objections_to(rectangle(right=50), masks, step=1))
    assert {each.models: each.missing for each in found} == {
        ("a",): 24 * 40,
        ("b",): 28 * 40,
        ("c",): 20 * 40,
        ("a", "b"): 24 * 40,
        ("a", "c"): 20 * 40,
        ("b", "c"): 20 * 40,
    }
    assert len(found) == 6


def test_without_models_nobody_objects():
    assert list(objections_to(rectangle(), {}, step=1)) == []


def test_lengths_and_places_are_those_of_the_photograph():
    label = rectangle()
    label[20:30, 40:52] = 0
    [small] = objections_to(label, {"a": rectangle()}, step=1)
    [large] = objections_to(label, {"a": rectangle()}, step=3)
    assert (large.missing, large.missing_piece) == (9 * 120, 9 * 120)
    assert (large.missing_x, large.missing_y) == (round(3 * 45.5), round(3 * 24.5))
    assert large.shift_x == pytest.approx(3 * small.shift_x, abs=0.02)
    assert large.growth == pytest.approx(3 * small.growth, abs=0.02)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (86, 0), (0, 54), (86, 54)])
def test_a_piece_in_a_corner_is_seen_whole(x, y):
    label = np.zeros((64, 96), np.uint8)
    mask = rectangle(x, y, x + 10, y + 10)
    found = objection(label, a=mask)
    assert (found.missing, found.missing_piece) == (100, 100)
    assert found.missing_x in (x + 4, x + 5)
    assert found.missing_y in (y + 4, y + 5)


def test_an_objection_of_nobody_is_nothing():
    nobody = LabelObjection()
    assert (nobody.models, nobody.missing, nobody.surplus, nobody.growth) == ((), 0, 0, 0.0)
