import json
from dataclasses import asdict

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.label_observation import LabelObservation, observe_label


def rectangle(left=20, top=10, right=70, bottom=50, width=96, height=64):
    mask = np.zeros((height, width), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


def ellipse(x=48, y=32, long=30, short=18, width=96, height=64):
    return cv2.ellipse(
        np.zeros((height, width), np.uint8), (x, y), (long, short), 0, 0, 360, 255, -1
    )


def test_a_label_in_figures():
    observation = observe_label(rectangle(), {})
    assert observation == LabelObservation(
        height=64,
        width=96,
        area=2000,
        left=20,
        top=10,
        right=70,
        bottom=50,
        centre_x=44.5,
        centre_y=29.5,
    )
    assert observation.models == 0


def test_any_value_but_zero_is_car():
    assert observe_label(rectangle() // 255, {"a": rectangle()}) == observe_label(
        rectangle(), {"a": rectangle()}
    )


def test_a_model_that_agrees_has_nothing_to_say():
    observation = observe_label(rectangle(), {"a": rectangle(), "b": rectangle()})
    assert observation.models == 2
    assert (observation.missing, observation.surplus) == (0, 0)
    assert (observation.shift_x, observation.shift_y, observation.growth) == (0.0, 0.0, 0.0)


def test_what_all_models_see_and_the_label_lacks():
    label = rectangle()
    label[20:30, 40:52] = 0
    label[42:46, 60:64] = 0
    observation = observe_label(label, {"a": rectangle(), "b": rectangle()})
    assert (observation.missing, observation.missing_piece) == (120 + 16, 120)
    # The mean of the columns 40..51 and of the rows 20..29 is 45.5 and 24.5.
    assert observation.missing_x in (45, 46)
    assert observation.missing_y in (24, 25)
    assert (observation.surplus, observation.surplus_piece) == (0, 0)


def test_what_the_label_has_and_no_model_sees():
    label = rectangle()
    label[52:60, 20:40] = 255
    observation = observe_label(label, {"a": rectangle()})
    assert (observation.surplus, observation.surplus_piece) == (160, 160)
    assert observation.surplus_x in (29, 30)
    assert observation.surplus_y in (55, 56)
    assert (observation.missing, observation.missing_piece) == (0, 0)


def test_models_are_believed_only_where_all_agree():
    holed, blotted = rectangle(), rectangle()
    holed[20:30, 40:50] = 0
    blotted[20:30, 80:90] = 255
    assert observe_label(holed, {"a": rectangle(), "b": holed}).missing == 0
    assert observe_label(holed, {"a": rectangle(), "b": rectangle()}).missing == 100
    assert observe_label(blotted, {"a": rectangle(), "b": blotted}).surplus == 0
    assert observe_label(blotted, {"a": rectangle(), "b": rectangle()}).surplus == 100


@pytest.mark.parametrize("change", [cv2.dilate, cv2.erode])
def test_an_outline_that_is_one_pixel_off_is_no_piece(change):
    label = change(rectangle(), np.ones((3, 3), np.uint8))
    observation = observe_label(label, {"a": rectangle()})
    assert (observation.missing, observation.surplus) == (0, 0)


@pytest.mark.parametrize(("x", "y"), [(2, 0), (-2, 0), (0, 2), (0, -1), (2, -2)])
def test_the_shift_leads_the_label_to_where_the_models_see_the_car(x, y):
    observation = observe_label(ellipse(48 - x, 32 - y), {"a": ellipse()})
    assert observation.shift_x == pytest.approx(x, abs=0.3)
    assert observation.shift_y == pytest.approx(y, abs=0.3)
    assert observation.growth == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("growth", [-2, -1, 1, 2])
def test_the_growth_leads_the_label_to_the_models_outline(growth):
    observation = observe_label(ellipse(long=30 - growth, short=18 - growth), {"a": ellipse()})
    assert observation.growth == pytest.approx(growth, abs=0.4)
    assert observation.shift_x == pytest.approx(0, abs=0.2)
    assert observation.shift_y == pytest.approx(0, abs=0.2)


def test_figures_of_a_large_photograph_are_in_its_own_pixels():
    size = {"width": 1918, "height": 1280}
    truth = rectangle(400, 300, 1500, 1000, **size)
    label = truth.copy()
    label[400:500, 600:720] = 0
    observation = observe_label(label, {"a": truth})
    assert observation.area == 1100 * 700 - 12_000
    assert (observation.left, observation.top) == (400, 300)
    assert (observation.right, observation.bottom) == (1500, 1000)
    assert observation.missing_piece == pytest.approx(12_000, rel=0.02)
    assert observation.missing_x == pytest.approx(659.5, abs=2)
    assert observation.missing_y == pytest.approx(449.5, abs=2)

    moved = rectangle(419, 300, 1519, 1000, **size)
    assert observe_label(moved, {"a": truth}).shift_x == pytest.approx(-19, abs=2.5)


def test_an_empty_label_can_be_observed():
    empty = np.zeros((64, 96), np.uint8)
    observation = observe_label(empty, {"a": rectangle()})
    assert (observation.area, observation.right, observation.bottom) == (0, 0, 0)
    assert observation.missing == 2000
    alone = observe_label(empty, {"a": empty})
    assert (alone.missing, alone.shift_x, alone.growth) == (0, 0.0, 0.0)


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 70), st.integers(1, 70), st.sampled_from([0, 1, 2])
)
def test_an_observation_survives_json_and_stays_small(seed, height, width, models):
    rng = np.random.default_rng(seed)
    truth, *masks = rng.integers(0, 2, (1 + models, height, width), np.uint8) * 255
    observation = observe_label(truth, {str(number): mask for number, mask in enumerate(masks)})
    text = json.dumps(asdict(observation))
    assert len(text) < 4000
    assert LabelObservation(**json.loads(text)) == observation
    assert 0 <= observation.missing_piece <= observation.missing <= height * width
    assert np.isfinite([observation.shift_x, observation.shift_y, observation.growth]).all()


def test_masks_of_another_size_are_refused():
    with pytest.raises(
        ValueError, match=r"the label \[H, W\] is \(64, 96\), the masks .*\(32, 96\)"
    ):
        observe_label(rectangle(), {"a": rectangle()[:32]})
    with pytest.raises(ValueError, match="the label"):
        observe_label(np.zeros((4, 4, 1), np.uint8), {})
