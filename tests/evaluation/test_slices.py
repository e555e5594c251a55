import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.label_observation import observe_label
from evaluation.masked_photograph import MaskedPhotograph
from evaluation.score_photograph import ScoredPhotograph
from evaluation.slices import area_band, slice_values
from pipeline import features


@pytest.mark.parametrize(
    ("area", "band"),
    [
        (0.0, "0.00-0.05"),
        (0.0499, "0.00-0.05"),
        (0.05, "0.05-0.10"),
        (0.15, "0.15-0.20"),
        (0.3, "0.30-0.35"),
        (0.35, "0.35-0.40"),
        (0.6, "0.60-0.65"),
        (0.9499, "0.90-0.95"),
        (0.95, "0.95-1.00"),
        (1.0, "0.95-1.00"),
    ],
)
def test_bands_hold_their_lower_end(area, band):
    assert area_band(area) == band


@pytest.mark.parametrize("index", range(20))
def test_every_band_begins_at_a_multiple_of_a_twentieth(index):
    band = f"{index / 20:.2f}-{(index + 1) / 20:.2f}"
    assert area_band(index / 20) == band
    # However the twentieth came about.
    assert area_band(index * 64 / 1280) == area_band(index * 0.05) == band


@given(st.floats(0, 1))
def test_an_area_lies_in_its_band(area):
    low, high = map(float, area_band(area).split("-"))
    assert low - 1e-9 <= area <= high
    assert high - low == pytest.approx(0.05)


def test_the_names_that_a_config_takes_are_those_of_every_example(score_of, raw_example):
    photograph = MaskedPhotograph.parse(raw_example("a_02").SerializeToString())
    empty = observe_label(np.zeros((4, 4), np.uint8), {})
    scored = ScoredPhotograph((score_of("unet", "a_02"),), empty)
    assert set(slice_values(photograph, scored)) == set(features.SLICEABLE)


def test_a_photograph_is_in_a_slice_of_each_of_its_features(score_of):
    values = {"image_id": "a_02", "group_id": "a", "pose": 2, "make": "Citroën", "blur": 0.5}
    empty = observe_label(np.zeros((4, 4), np.uint8), {})
    scored = ScoredPhotograph((score_of("unet", "a_02", mask_area=0.22),), empty)
    found = slice_values(MaskedPhotograph(b"", b"", values), scored)
    assert {name: each.tolist() for name, each in found.items()} == {
        "image_id": [b"a_02"],
        "group_id": [b"a"],
        "pose": [2],
        "make": ["Citroën".encode()],
        "blur": [0.5],
        "mask_area": [b"0.20-0.25"],
    }
    assert {name: each.dtype.kind for name, each in found.items()} == {
        **dict.fromkeys(("image_id", "group_id", "make", "mask_area"), "S"),
        **{"pose": "i", "blur": "f"},
    }
