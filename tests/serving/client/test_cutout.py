"""Photograph and mask, joined."""

import cv2
import numpy as np
import pytest

from serving.client.cutout import cutout_png
from serving.client.errors import InvalidPhotograph


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def test_colours_stay_and_the_mask_becomes_alpha():
    rng = np.random.default_rng(1)
    colours = rng.integers(0, 256, (5, 7, 3), np.uint8)
    alpha = rng.integers(0, 2, (5, 7), np.uint8) * 255
    cutout = cv2.imdecode(
        np.frombuffer(cutout_png(_png(colours), _png(alpha)), np.uint8), cv2.IMREAD_UNCHANGED
    )
    np.testing.assert_array_equal(cutout[..., :3], colours)
    np.testing.assert_array_equal(cutout[..., 3], alpha)


def test_a_mask_of_another_size_is_refused():
    with pytest.raises(InvalidPhotograph, match="is 7x5 and its mask 7x6"):
        cutout_png(_png(np.zeros((5, 7, 3), np.uint8)), _png(np.zeros((6, 7), np.uint8)))


def test_bytes_that_are_no_picture_are_refused():
    with pytest.raises(InvalidPhotograph, match="Cannot decode"):
        cutout_png(b"\xff\xd8\xff", _png(np.zeros((6, 7), np.uint8)))
