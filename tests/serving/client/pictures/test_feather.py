"""Soft edges, of the stated form."""

import math

import numpy as np
import pytest

from serving.client.pictures.feather import feather


def _step(width: int = 61, height: int = 9) -> np.ndarray:
    """White from column 30 on."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, 30:] = 255
    return mask


@pytest.mark.parametrize("sigma_px", [1.0, 2.5, 4.0])
def test_an_edge_becomes_the_integral_of_a_gaussian(sigma_px):
    soft = feather(_step(), sigma_px)
    assert soft.dtype == np.uint8
    # The edge is between the centres of the pixels 29 and 30.
    distances = np.arange(61) - 29.5
    expected = [255 * (1 + math.erf(each / sigma_px / math.sqrt(2))) / 2 for each in distances]
    # A Gaussian of samples is not quite one of areas.
    np.testing.assert_allclose(soft[4], expected, atol=3)
    assert (soft == soft[4]).all()


def test_one_sigma_from_the_edge_it_is_16_and_84_percent():
    soft = feather(_step(), 8.5)[0] / 255
    assert soft[21] == pytest.approx(0.16, abs=0.01)
    assert soft[38] == pytest.approx(0.84, abs=0.01)


def test_where_the_frame_cuts_the_object_it_does_not_fade():
    assert (feather(np.full((5, 6), 255, np.uint8), 3.0) == 255).all()
    assert (feather(_step(), 2.0)[:, -1] == 255).all()


def test_none_asked_for_is_the_mask_itself():
    mask = _step()
    np.testing.assert_array_equal(feather(mask, 0.0), mask)
