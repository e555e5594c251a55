import numpy as np
import pytest
import tensorflow as tf

from trainer.warp import warp

HEIGHT, WIDTH = 20, 30


@pytest.fixture
def ramps():
    """A mask whose value is the column, a photograph whose values are row, column and 1."""
    rows, columns = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), indexing="ij")
    image = np.stack([rows, columns, np.ones_like(rows)], axis=-1).astype(np.float32)
    return image[None], image[None, ..., 1:2]


@pytest.fixture
def noise():
    rng = np.random.default_rng(0)
    return rng.random((3, 7, 5, 3), np.float32), rng.random((3, 7, 5, 1), np.float32)


def warped(pair, mirror=False, shift=(0.0, 0.0), scale=0.0, rotation=0.0):
    count = len(pair[0])
    images, masks = warp(
        *map(tf.constant, pair),
        tf.fill([count], mirror),
        tf.tile([shift], [count, 1]),
        tf.fill([count], scale),
        tf.fill([count], rotation),
    )
    assert images.shape == pair[0].shape
    assert masks.shape == pair[1].shape
    return images.numpy(), masks.numpy()


def test_no_amounts_change_no_pixel(noise):
    images, masks = warped(noise)
    np.testing.assert_array_equal(images, noise[0])
    np.testing.assert_array_equal(masks, noise[1])


@pytest.mark.parametrize("width", [4, 5, 128])
def test_mirror_images_are_exact(width):
    rng = np.random.default_rng(0)
    pair = rng.random((2, 6, width, 3), np.float32), rng.random((2, 6, width, 1), np.float32)
    images, masks = warped(pair, mirror=True)
    np.testing.assert_array_equal(images, pair[0][:, :, ::-1])
    np.testing.assert_array_equal(masks, pair[1][:, :, ::-1])


def test_shifts_down_and_right_by_a_share_of_height_and_width(ramps):
    images, _ = warped(ramps, shift=(0.25, -0.1))
    # 5 pixels down and 3 to the left; where the photograph ends, its edge is repeated.
    rows = np.maximum(np.arange(HEIGHT) - 5, 0)
    columns = np.minimum(np.arange(WIDTH) + 3, WIDTH - 1)
    np.testing.assert_allclose(images[0], ramps[0][0][rows][:, columns], atol=1e-4)


def test_scales_about_the_centre(ramps):
    images, _ = warped(ramps, scale=0.25)
    # Enlarged to 1.25 times its size, a ramp is 1 / 1.25 as steep.
    np.testing.assert_allclose(
        images[0, :, :, 0],
        np.tile((np.arange(HEIGHT)[:, None] - 9.5) / 1.25 + 9.5, WIDTH),
        atol=1e-4,
    )
    np.testing.assert_allclose(
        images[0, :, :, 1], np.tile((np.arange(WIDTH) - 14.5) / 1.25 + 14.5, (HEIGHT, 1)), atol=1e-4
    )


def test_a_quarter_turn_is_counter_clockwise():
    square = np.random.default_rng(0).random((1, 6, 6, 3), np.float32)
    images, masks = warped((square, square[..., :1]), rotation=90.0)
    np.testing.assert_allclose(images, np.rot90(square, axes=(1, 2)), atol=1e-5)
    np.testing.assert_allclose(masks, np.rot90(square[..., :1], axes=(1, 2)), atol=1e-5)


def test_rotates_about_the_centre(ramps):
    images, _ = warped(ramps, rotation=30.0)
    middle = images[0, 9:11, 14:16].mean(axis=(0, 1))
    np.testing.assert_allclose(middle, [9.5, 14.5, 1.0], atol=1e-4)
    # One to the right of the result was, before the turn, right and down of it by 30 degrees.
    right = images[0, 10, 15] - images[0, 10, 14]
    np.testing.assert_allclose(right, [np.sin(np.pi / 6), np.cos(np.pi / 6), 0.0], atol=1e-4)


def test_all_together_are_a_turn_and_zoom_then_a_shift_then_a_mirror_image(ramps):
    images, _ = warped(ramps, mirror=True, shift=(0.05, 0.1), scale=0.25, rotation=20.0)
    angle = np.deg2rad(20.0)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = np.array([14.5, 9.5])
    for source in ((13.0, 8.0), (16.0, 11.0), (12.0, 10.0)):
        x, y = 1.25 * turn @ (np.array(source) - centre) + centre + (3.0, 1.0)
        x = WIDTH - 1 - x
        column, row = int(x), int(y)
        corners = images[0, row : row + 2, column : column + 2, :2]
        below, beside = y - row, x - column
        found = np.einsum("i,j,ijc->c", [1 - below, below], [1 - beside, beside], corners)
        np.testing.assert_allclose(found, source[::-1], atol=1e-3)


def test_what_comes_in_from_outside_repeats_the_edge(ramps):
    images, masks = warped(ramps, shift=(0.3, -0.3), scale=-0.3, rotation=40.0)
    np.testing.assert_allclose(images[..., 2], 1.0, atol=1e-6)
    assert images[..., 0].min() == 0.0
    assert images[..., 0].max() == HEIGHT - 1
    assert masks.max() == WIDTH - 1


def test_masks_move_with_their_photographs_and_stay_soft(ramps):
    images, masks = warped(ramps, mirror=True, shift=(0.1, 0.13), scale=0.1, rotation=11.0)
    np.testing.assert_array_equal(masks[..., 0], images[..., 1])
    assert (masks % 1.0 > 0.1).any()


def test_each_photograph_has_its_own_amounts(noise):
    images, masks = warp(
        *map(tf.constant, noise),
        tf.constant([True, False, False]),
        tf.constant([[0.0, 0.0], [0.0, 0.4], [0.0, 0.0]]),
        tf.zeros(3),
        tf.constant([0.0, 0.0, 180.0]),
    )
    for after, before in ((images, noise[0]), (masks, noise[1])):
        np.testing.assert_array_equal(after[0], before[0, :, ::-1])
        np.testing.assert_allclose(after[1, :, 2:], before[1, :, :-2], atol=1e-5)
        np.testing.assert_allclose(after[2], before[2, ::-1, ::-1], atol=1e-5)


def test_no_photograph_is_a_batch_too(noise):
    images, masks = warped((noise[0][:0], noise[1][:0]))
    assert images.shape == (0, 7, 5, 3)
    assert masks.shape == (0, 7, 5, 1)
