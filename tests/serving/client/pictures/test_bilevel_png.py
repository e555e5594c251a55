"""One bit per pixel."""

import io

import cv2
import numpy as np
from PIL import Image

from serving.client.pictures.bilevel_png import bilevel_png


def test_one_bit_per_pixel_cut_in_the_middle():
    mask = np.array([[0, 1, 127, 128], [254, 255, 0, 255]], np.uint8)
    png = bilevel_png(mask)
    # IHDR: bit depth and colour type (PNG, section 11.2.1).
    assert (png[24], png[25]) == (1, 0)
    decoded = Image.open(io.BytesIO(png))
    assert decoded.mode == "1"
    np.testing.assert_array_equal(
        np.asarray(decoded), [[False, False, False, True], [True, True, False, True]]
    )


def test_it_is_smaller_than_a_byte_per_pixel():
    mask = cv2.ellipse(np.zeros((200, 303), np.uint8), (150, 90), (120, 60), 20, 0, 360, 255, -1)
    as_bytes = cv2.imencode(".png", mask)[1]
    assert len(bilevel_png(mask)) < 0.8 * len(as_bytes)
