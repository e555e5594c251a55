from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from studio.masks import decode_runs, encode_gif, encode_runs

MASKS = arrays(
    np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 1)
)


def test_runs_are_golden():
    mask = np.array([[0, 1, 1, 0], [0, 0, 0, 1], [1, 0, 0, 1]], np.uint8)
    assert encode_runs(mask) == "2 2 8 2 12 1"


def test_an_empty_mask_has_no_runs():
    assert encode_runs(np.zeros((3, 4), np.uint8)) == ""


@given(MASKS)
def test_runs_decode_to_the_mask(mask: np.ndarray):
    np.testing.assert_array_equal(decode_runs(encode_runs(mask), *mask.shape), mask)


@given(MASKS)
def test_a_gif_decodes_to_the_mask(mask: np.ndarray):
    with Image.open(io.BytesIO(encode_gif(mask))) as picture:
        assert picture.mode == "P"
        assert picture.getpalette()[:6] == [0, 0, 0, 255, 255, 255]
        np.testing.assert_array_equal(np.asarray(picture), mask)


@pytest.mark.parametrize("runs", ["1", "0 1", "5 2", "2 0"])
def test_broken_runs_are_refused(runs: str):
    with pytest.raises(ValueError, match="run"):
        decode_runs(runs, 1, 5)


@pytest.mark.parametrize("mask", [np.full((2, 2), 255, np.uint8), np.zeros((2, 2)), np.uint8([0])])
def test_only_two_valued_masks_are_written(mask: np.ndarray):
    with pytest.raises(ValueError, match="mask must be"):
        encode_gif(mask)
