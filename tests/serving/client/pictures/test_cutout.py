"""Photograph and mask, joined."""

import numpy as np

from serving.client.pictures.cutout import cut_out


def test_colours_stay_and_the_mask_becomes_alpha():
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (5, 7, 3), np.uint8)
    alpha = rng.integers(0, 256, (5, 7), np.uint8)
    cutout = cut_out(colours, alpha)
    assert cutout.dtype == np.uint8
    np.testing.assert_array_equal(cutout[..., :3], colours)
    np.testing.assert_array_equal(cutout[..., 3], alpha)
