import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from trainer.resize import enlarge, shrink


def area_average(image, height, width):
    """Averages by brute force: every pixel cut into pieces that fall into one cell each."""
    pieces = np.repeat(np.repeat(image.astype(np.float64), height, axis=0), width, axis=1)
    rows, columns = image.shape[0], image.shape[1]
    return pieces.reshape(height, rows, width, columns, -1).mean(axis=(1, 3))


def test_whole_blocks_are_averaged():
    image = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    # Block means: 13.5 and so on; halves are rounded to even, as everywhere in TensorFlow.
    np.testing.assert_array_equal(shrink(image, 2, 2)[..., 0], [[14, 18], [46, 50]])


def test_pixels_across_a_border_are_shared():
    # Three pixels to two: 1 + half of 2, half of 2 + 3, each over 1.5.
    row = np.array([[[30], [60], [120]]], np.uint8)
    assert shrink(row, 1, 2).numpy().ravel().tolist() == [40, 100]


@given(
    st.integers(0, 99),
    st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([1, 3])),
    st.data(),
)
def test_equals_brute_force_for_any_factor(seed, shape, data):
    image = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    height = data.draw(st.integers(1, shape[0]))
    width = data.draw(st.integers(1, shape[1]))
    shrunk = shrink(image, height, width)
    assert shrunk.dtype == tf.uint8
    # Half a level by rounding, and what float32 sums lose.
    np.testing.assert_allclose(shrunk, area_average(image, height, width), atol=0.5 + 1e-3)


def test_a_mask_turns_soft_and_keeps_its_area():
    mask = np.zeros((20, 30, 1), np.uint8)
    mask[3:14, 5:22] = 255
    small = shrink(mask, 8, 8).numpy()
    assert len(np.unique(small)) > 2
    assert small.mean() == pytest.approx(mask.mean(), abs=0.5)
    assert small.max() == 255
    assert small.min() == 0


def test_a_picture_of_that_size_is_left_alone():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), np.uint8)
    np.testing.assert_array_equal(shrink(image, 5, 7), image)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_enlarging_keeps_a_constant(value):
    enlarged = enlarge(np.full((3, 4), value, np.float32), tf.constant(17), tf.constant(31))
    assert enlarged.shape == (17, 31)
    np.testing.assert_allclose(enlarged, value, atol=1e-6)


def test_enlarging_is_centred():
    # Mirrored in, mirrored out: no shift by half a pixel.
    small = np.random.default_rng(0).random((4, 6), np.float32)
    np.testing.assert_allclose(
        enlarge(small[::-1, ::-1], 22, 27)[::-1, ::-1], enlarge(small, 22, 27), atol=1e-5
    )


def test_enlarging_puts_the_edge_where_shrinking_found_it():
    mask = np.zeros((64, 64, 1), np.uint8)
    mask[:, 22:] = 255  # Not on a border of the 8 x 8 blocks.
    small = shrink(mask, 8, 8).numpy()[..., 0] / np.float32(255)
    columns = np.flatnonzero(enlarge(small, 64, 64).numpy()[32] > 0.5)
    assert abs(columns[0] - 22) <= 1
    assert columns[-1] == 63
