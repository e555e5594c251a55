import numpy as np
import pytest
import tensorflow as tf

from trainer.warp import warp

HEIGHT, WIDTH = 20, 30


@pytest.fixture
def ramps():
    """Masks whose value is the column, photographs whose values are row, column and 1."""
    rows, columns = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), indexing="ij")
    image = np.stack([rows, columns, np.ones_like(rows)], axis=-1).astype(np.float32)
    return np.tile(image, (64, 1, 1, 1)), np.tile(image[..., 1:2], (64, 1, 1, 1))


def warped(pair, shift=0.0, scale=0.0, seed=(0, 0)):
    images, masks = warp(*map(tf.constant, pair), shift, scale, tf.constant(seed))
    return images.numpy(), masks.numpy()


def test_no_shift_and_no_scale_change_nothing(ramps):
    images, masks = warped(ramps)
    np.testing.assert_allclose(images, ramps[0], atol=1e-4)
    np.testing.assert_allclose(masks, ramps[1], atol=1e-4)


def test_shifts_by_a_share_of_height_and_width(ramps):
    images, _ = warped(ramps, shift=0.2)
    # In the middle, where no edge comes in, the ramps tell where each pixel came from.
    down = HEIGHT // 2 - images[:, HEIGHT // 2, WIDTH // 2, 0]
    right = WIDTH // 2 - images[:, HEIGHT // 2, WIDTH // 2, 1]
    for moved, limit in ((down, 0.2 * HEIGHT), (right, 0.2 * WIDTH)):
        assert -limit <= moved.min() < -0.8 * limit
        assert 0.8 * limit < moved.max() <= limit
    assert abs(np.corrcoef(down, right)[0, 1]) < 0.4
    inside = images[:, 6:-6, 8:-8]
    expected = ramps[0][:, 6:-6, 8:-8] - np.stack([down, right, 0 * down], axis=-1)[:, None, None]
    np.testing.assert_allclose(inside, expected, atol=1e-3)


def test_scales_about_the_centre(ramps):
    images, _ = warped(ramps, scale=0.25)
    slopes = images[:, 10, 20, 1] - images[:, 10, 19, 1]
    # Enlarged to 1.25 times its size, a ramp is 1 / 1.25 as steep.
    assert 1 / 1.25 - 1e-4 <= slopes.min() < 0.84
    assert 1.25 < slopes.max() <= 1 / 0.75 + 1e-4
    # The centre lies between the two middle pixels and stays.
    np.testing.assert_allclose(images[:, 9:11, 14:16, 0].mean(axis=(1, 2)), 9.5, atol=1e-3)
    np.testing.assert_allclose(images[:, 9:11, 14:16, 1].mean(axis=(1, 2)), 14.5, atol=1e-3)
    # Height and width alike.
    np.testing.assert_allclose(images[:, 11, 15, 0] - images[:, 10, 15, 0], slopes, atol=1e-3)


def test_what_comes_in_from_outside_repeats_the_edge(ramps):
    images, masks = warped(ramps, shift=0.3, scale=0.3)
    np.testing.assert_allclose(images[..., 2], 1.0, atol=1e-6)
    assert images[..., 0].min() >= 0.0
    assert images[..., 0].max() <= HEIGHT - 1
    assert masks.max() <= WIDTH - 1


def test_masks_move_with_their_photographs(ramps):
    images, masks = warped(ramps, shift=0.3, scale=0.3)
    np.testing.assert_array_equal(masks[..., 0], images[..., 1])


def test_each_photograph_gets_its_own_amounts_from_the_seed_alone(ramps):
    images, _ = warped(ramps, shift=0.3, scale=0.3, seed=(4, 2))
    same, _ = warped(ramps, shift=0.3, scale=0.3, seed=(4, 2))
    other, _ = warped(ramps, shift=0.3, scale=0.3, seed=(4, 3))
    np.testing.assert_array_equal(images, same)
    assert len({float(image[10, 15, 0] + image[10, 15, 1]) for image in images}) == len(images)
    assert (images != other).mean() > 0.5
