from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from evaluation.ceiling import ceiling
from trainer.dice import hard_dice


def ellipse(height=60, width=90):
    """An ellipse off the middle with a thin antenna, as 0 and 255."""
    y, x = np.ogrid[:height, :width]
    car = ((y - 0.55 * height) / (0.3 * height)) ** 2 + ((x - 0.45 * width) / (0.37 * width)) ** 2
    mask = np.uint8(255) * (car < 1).astype(np.uint8)
    mask[4:20, 38] = 255
    return mask


def averages(size, to):
    """float64 [to, size]: the share of each pixel in each cell, by cutting pixels into pieces."""
    pieces = np.repeat(np.eye(size), to, axis=1).reshape(size, to, size)
    return pieces.mean(axis=2).T


def cubic(size, to):
    """float64 [to, size]: Keys's kernel (1981) with a = -0.5, its taps inside made to sum to 1."""
    at = (np.arange(to) + 0.5) * size / to - 0.5
    distance = np.abs(at[:, None] - np.arange(size))
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    weights = np.where(distance <= 1, near, np.where(distance < 2, far, 0))
    return weights / weights.sum(axis=1, keepdims=True)


def brute_force(truth, height, width):
    small = averages(truth.shape[0], height) @ truth @ averages(truth.shape[1], width).T
    small = np.round(small) / 255
    large = cubic(height, truth.shape[0]) @ small @ cubic(width, truth.shape[1]).T
    return hard_dice(truth, (large > 0.5).astype(np.uint8))


@pytest.mark.parametrize(
    ("height", "width"), [(8, 8), (8, 12), (13, 17), (20, 30), (30, 45), (32, 32), (40, 60)]
)
def test_equals_brute_force(height, width):
    # Below 1 at every size, so that the comparison says something.
    expected = brute_force(ellipse(), height, width)
    assert 0.8 < expected < 1.0
    # TensorFlow rounds the kernel to 1024 steps a pixel: one pixel of 1,900 may change sides.
    assert ceiling(ellipse(), height, width) == pytest.approx(expected, abs=3e-4)


def test_a_vertical_edge_by_hand():
    # 3 of 8 columns are car; two cells average to 0.75 and 0. Bicubic between them, with the taps
    # inside made to sum to 1, crosses one half in the third column from the left: all comes back.
    truth = np.zeros((8, 8), np.uint8)
    truth[:, :3] = 255
    assert ceiling(truth, 2, 2) == 1.0
    # One of 8: the cell is a quarter car, never above one half. Nothing comes back.
    truth[:, 1:] = 0
    assert ceiling(truth, 2, 2) == 0.0


def test_a_model_of_the_photographs_size_loses_nothing():
    assert ceiling(ellipse(), 60, 90) == 1.0


def test_larger_inputs_have_higher_ceilings():
    of_size = [ceiling(ellipse(), size, size) for size in (8, 16, 32)]
    assert of_size == sorted(of_size)
    assert of_size[0] < of_size[-1]


@pytest.mark.parametrize("value", [1, 2, 255])
def test_any_value_but_zero_is_car(value):
    car = np.minimum(ellipse(), 1) * np.uint8(value)
    assert ceiling(car, 13, 17) == ceiling(ellipse(), 13, 17)


@pytest.mark.parametrize("value", [0, 255])
def test_a_mask_of_one_value_comes_back_whole(value):
    assert ceiling(np.full((12, 16), value, np.uint8), 4, 4) == 1.0


def test_a_model_larger_than_the_photograph():
    truth = ellipse(40, 60)
    assert ceiling(truth, 64, 64) == pytest.approx(brute_force(truth, 64, 64), abs=1e-3)


def test_threads_get_the_same():
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: ceiling(ellipse(), 13, 17), range(20)))
    assert found == {ceiling(ellipse(), 13, 17)}


@pytest.mark.parametrize(
    "truth",
    [np.zeros((4, 4, 1), np.uint8), np.zeros((4, 4)), np.zeros((0, 4), np.uint8)],
)
def test_a_truth_of_another_kind_is_refused(truth):
    with pytest.raises(ValueError, match=r"^a truth is uint8 \[H, W\], got "):
        ceiling(truth, 2, 2)


@pytest.mark.parametrize("size", [(0, 4), (4, -1)])
def test_a_size_without_a_pixel_is_refused(size):
    with pytest.raises(ValueError, match="a model's input is at least 1x1, got "):
        ceiling(ellipse(), *size)
