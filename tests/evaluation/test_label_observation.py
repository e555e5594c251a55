import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.label_observation import LabelObservation, observe_label


def rectangle(left=20, top=10, right=70, bottom=50, width=96, height=64):
    mask = np.zeros((height, width), np.uint8)
    mask[top:bottom, left:right] = 255
    return mask


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
    assert observation.objections == ()


def test_any_value_but_zero_is_car():
    assert observe_label(rectangle() // 255, {"a": rectangle()}) == observe_label(
        rectangle(), {"a": rectangle()}
    )


def test_figures_of_a_large_photograph_are_in_its_own_pixels():
    size = {"width": 1918, "height": 1280}
    truth = rectangle(400, 300, 1500, 1000, **size)
    label = truth.copy()
    label[400:500, 600:720] = 0
    observation = observe_label(label, {"a": truth})
    [objection] = observation.objections
    assert observation.area == 1100 * 700 - 12_000
    assert (observation.left, observation.top) == (400, 300)
    assert (observation.right, observation.bottom) == (1500, 1000)
    assert objection.missing_piece == pytest.approx(12_000, rel=0.02)
    assert objection.missing_x == pytest.approx(659.5, abs=2)
    assert objection.missing_y == pytest.approx(449.5, abs=2)

    moved = rectangle(419, 300, 1519, 1000, **size)
    [objection] = observe_label(moved, {"a": truth}).objections
    assert objection.shift_x == pytest.approx(-19, abs=2.5)


def test_an_empty_label_can_be_observed():
    empty = np.zeros((64, 96), np.uint8)
    observation = observe_label(empty, {"a": rectangle()})
    assert (observation.area, observation.right, observation.bottom) == (0, 0, 0)
    assert [each.missing for each in observation.objections] == [2000]
    [alone] = observe_label(empty, {"a": empty}).objections
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
    assert LabelObservation.from_json(json.loads(text)) == observation
    for objection in observation.objections:
        assert 0 <= objection.missing_piece <= objection.missing <= height * width
        assert 0 <= objection.surplus_piece <= objection.surplus <= height * width
        assert np.isfinite([objection.shift_x, objection.shift_y, objection.growth]).all()


def test_masks_of_another_size_are_refused():
    with pytest.raises(
        ValueError, match=r"the label \[H, W\] is \(64, 96\), the masks .*\(32, 96\)"
    ):
        observe_label(rectangle(), {"a": rectangle()[:32]})
    with pytest.raises(ValueError, match="the label"):
        observe_label(np.zeros((4, 4, 1), np.uint8), {})
