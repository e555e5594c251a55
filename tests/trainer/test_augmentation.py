import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import AugmentationConfig
from trainer.augmentation import augment

NOTHING = AugmentationConfig(
    horizontal_flip=0.0, shift=0.0, scale=0.0, brightness=0.0, contrast=0.0, colour=0.0
)
EVERYTHING = AugmentationConfig(
    horizontal_flip=0.5, shift=0.2, scale=0.2, brightness=0.1, contrast=0.1, colour=0.1
)


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    images = rng.uniform(0.4, 0.6, (64, 6, 5, 3)).astype(np.float32)
    masks = rng.random((64, 6, 5, 1), np.float32)
    return images, masks


def augmented(batch, seed=(0, 0), config=NOTHING, **ranges):
    images, masks = augment(
        *map(tf.constant, batch), dataclasses.replace(config, **ranges), tf.constant(seed)
    )
    assert images.dtype == masks.dtype == tf.float32
    return images.numpy(), masks.numpy()


def test_no_ranges_change_nothing(batch):
    images, masks = augmented(batch)
    np.testing.assert_allclose(images, batch[0], atol=1e-6)
    np.testing.assert_array_equal(masks, batch[1])


def test_a_sure_flip_mirrors_image_and_mask_left_to_right(batch):
    images, masks = augmented(batch, horizontal_flip=1.0)
    np.testing.assert_allclose(images, batch[0][:, :, ::-1], atol=1e-6)
    np.testing.assert_array_equal(masks, batch[1][:, :, ::-1])


def test_a_flip_by_chance_mirrors_image_and_mask_together(batch):
    images, masks = augmented(batch, horizontal_flip=0.5)
    flipped = [
        np.array_equal(m, before[:, ::-1]) for m, before in zip(masks, batch[1], strict=True)
    ]
    assert 16 < sum(flipped) < 48
    expected = np.where(np.reshape(flipped, (-1, 1, 1, 1)), batch[0][:, :, ::-1], batch[0])
    np.testing.assert_allclose(images, expected, atol=1e-6)
    np.testing.assert_array_equal(
        masks, np.where(np.reshape(flipped, (-1, 1, 1, 1)), batch[1][:, :, ::-1], batch[1])
    )


def test_brightness_moves_each_image_as_a_whole_within_its_range(batch):
    images, masks = augmented(batch, brightness=0.2)
    moved = images - batch[0]
    of_image = moved[:, 0, 0, 0]
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1, :1, :1], moved.shape), atol=1e-6)
    assert -0.2 <= of_image.min() < -0.15
    assert 0.15 < of_image.max() <= 0.2
    np.testing.assert_array_equal(masks, batch[1])


def test_colour_moves_each_channel_by_itself_within_its_range(batch):
    images, masks = augmented(batch, colour=0.1)
    moved = images - batch[0]
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:, :1, :1], moved.shape), atol=1e-6)
    assert abs(moved).max() <= 0.1 + 1e-6
    of_channel = moved[:, 0, 0]
    assert abs(of_channel[:, 0] - of_channel[:, 1]).mean() > 0.02
    np.testing.assert_array_equal(masks, batch[1])


def test_contrast_scales_the_distance_to_each_images_mean(batch):
    images, masks = augmented(batch, contrast=0.5)
    before = batch[0] - batch[0].mean(axis=(1, 2, 3), keepdims=True)
    after = images - batch[0].mean(axis=(1, 2, 3), keepdims=True)
    factors = (after * before).sum(axis=(1, 2, 3)) / np.square(before).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(after, before * factors.reshape(-1, 1, 1, 1), atol=1e-5)
    assert 0.5 <= factors.min() < 0.6
    assert 1.4 < factors.max() <= 1.5
    np.testing.assert_array_equal(masks, batch[1])


def test_amounts_depend_on_the_seed_alone(batch):
    images, masks = augmented(batch, (1, 2), EVERYTHING)
    again, masks_again = augmented(batch, (1, 2), EVERYTHING)
    other, masks_other = augmented(batch, (1, 3), EVERYTHING)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(masks, masks_again)
    assert (images != other).mean() > 0.9
    assert (masks != masks_other).any()


def test_kinds_of_change_are_drawn_apart(batch):
    # With one seed for all, the brightest images would be those of the strongest contrast.
    moved = augmented(batch, brightness=0.2)[0][:, 0, 0, 0] - batch[0][:, 0, 0, 0]
    before = batch[0] - batch[0].mean(axis=(1, 2, 3), keepdims=True)
    after = augmented(batch, contrast=0.5)[0]
    spread = after.std(axis=(1, 2, 3)) / before.std(axis=(1, 2, 3))
    assert abs(np.corrcoef(moved, spread)[0, 1]) < 0.4


@pytest.mark.parametrize("ranges", [{"shift": 0.4}, {"scale": 0.4}])
def test_shift_and_scale_move_image_and_mask_alike(batch, ranges):
    # A photograph that shows its own mask still does.
    pair = (np.repeat(batch[1], 3, axis=-1), batch[1])
    images, masks = augmented(pair, **ranges)
    np.testing.assert_allclose(images, np.repeat(masks, 3, axis=-1), atol=1e-6)
    assert abs(masks - batch[1]).max() > 0.1


def test_images_are_clipped(batch):
    images, _ = augmented(batch, brightness=1.0)
    assert images.min() == 0.0
    assert images.max() == 1.0


def test_works_on_batches_of_unknown_size(batch):
    dataset = tf.data.Dataset.from_tensor_slices(batch).batch(48)
    augmented = dataset.map(lambda i, m: augment(i, m, EVERYTHING, (0, 0)))
    assert [images.shape for images, _ in augmented] == [(48, 6, 5, 3), (16, 6, 5, 3)]
