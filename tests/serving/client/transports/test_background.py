"""What is behind a composite."""

import cv2
import numpy as np
import pytest

from serving.client.transports.background import (
    PictureBackground,
    UnusableBackground,
    read_background,
)


def test_a_colour_fills_the_frame():
    pixels = read_background("#0a80ff").pixels(2, 3)
    assert pixels.shape == (2, 3, 3)
    # Blue first.
    assert (pixels == (255, 128, 10)).all()


def test_a_picture_that_is_too_wide_loses_its_sides_evenly():
    picture = np.zeros((2, 8, 3), np.uint8)
    picture[:, :, 0] = np.arange(8) * 10
    pixels = PictureBackground(picture).pixels(2, 4)
    assert pixels[:, :, 0].tolist() == [[20, 30, 40, 50]] * 2


def test_a_picture_that_is_too_high_loses_top_and_bottom_evenly():
    picture = np.zeros((8, 2, 3), np.uint8)
    picture[:, :, 1] = (np.arange(8) * 10)[:, None]
    pixels = PictureBackground(picture).pixels(2, 2)
    assert pixels[:, :, 1].tolist() == [[30, 30], [40, 40]]


def test_a_picture_that_is_larger_is_averaged():
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[::2] = 100
    assert (PictureBackground(picture).pixels(2, 4) == 50).all()


@pytest.mark.parametrize(("height", "width"), [(7, 5), (50, 3), (3, 50), (1, 1)])
def test_a_frame_of_any_shape_is_filled(height, width):
    pixels = PictureBackground(np.full((5, 7, 3), 40, np.uint8)).pixels(height, width)
    assert pixels.shape == (height, width, 3)
    assert (pixels == 40).all()


def test_frames_of_several_sizes_in_turn():
    background = PictureBackground(np.full((5, 7, 3), 40, np.uint8))
    for size in ((3, 4), (5, 6), (7, 8), (3, 4)):
        assert background.pixels(*size).shape == (*size, 3)


def test_a_file_is_read(tmp_path):
    path = tmp_path / "sky.png"
    cv2.imwrite(str(path), np.full((4, 4, 3), (1, 2, 3), np.uint8))
    assert (read_background(str(path)).pixels(4, 4) == (1, 2, 3)).all()


def test_what_cannot_be_a_background(tmp_path):
    (tmp_path / "notes.png").write_text("no picture")
    with pytest.raises(UnusableBackground, match=r"notes\.png: Cannot decode"):
        read_background(str(tmp_path / "notes.png"))
    with pytest.raises(UnusableBackground, match="Cannot read the background .*: No such file"):
        read_background(str(tmp_path / "missing.png"))
    with pytest.raises(UnusableBackground, match="is no colour"):
        read_background("#12345")
