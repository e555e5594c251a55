import dataclasses
import itertools

import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import AugmentationConfig
from trainer.augmentation import augment
from trainer.jpeg import compress

# Large ranges, so that a change shows; the probabilities decide which is on.
NOTHING = AugmentationConfig(
    horizontal_flip=0.0, warp=0.0, shift=0.2, scale=0.2, rotate=20.0, hsv=0.0, hue=90.0,
    saturation=0.2, value=0.2, blur_sigma=2.0, noise_deviation=0.1, jpeg_quality=10,
)  # fmt: skip
EVERYTHING = dataclasses.replace(
    NOTHING,
    **dict.fromkeys(("horizontal_flip", "warp", "hsv", "blur", "noise", "jpeg"), 0.5),
    **dict.fromkeys(("brightness", "contrast", "colour"), 0.1),
)
BY_PROBABILITY = ("horizontal_flip", "warp", "hsv", "blur", "noise", "jpeg")
OF_THE_PHOTOGRAPH_ALONE = (*BY_PROBABILITY[2:], "brightness", "contrast", "colour")


@pytest.fixture
def batch():
    rng = np.random.default_rng(0)
    images = rng.uniform(0.4, 0.6, (64, 6, 5, 3)).astype(np.float32)
    masks = rng.random((64, 6, 5, 1), np.float32)
    return images, masks


def augmented(batch, seed=(0, 0), config=NOTHING, **changes):
    images, masks = augment(
        *map(tf.constant, batch), dataclasses.replace(config, **changes), tf.constant(seed)
    )
    assert images.dtype == masks.dtype == tf.float32
    assert images.shape == batch[0].shape
    assert masks.shape == batch[1].shape
    return images.numpy(), masks.numpy()


def changed(after, before):
    return (after != before).any(axis=(1, 2, 3))


def operations(config):
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 8, 8, 3]),
            tf.TensorSpec([None, 8, 8, 1]),
            tf.TensorSpec([2], tf.int64),
        ]
    )
    def graph(images, masks, seed):
        return augment(images, masks, config, seed)

    return {operation.type for operation in graph.get_concrete_function().graph.get_operations()}


def test_what_is_disabled_changes_no_pixel(batch):
    images, masks = augmented(batch)
    np.testing.assert_array_equal(images, batch[0])
    np.testing.assert_array_equal(masks, batch[1])


# What a change cannot do without, and nothing else here has.
MARKS = {
    "horizontal_flip": "ImageProjectiveTransformV3",
    "warp": "ImageProjectiveTransformV3",
    "hsv": "Floor",
    "blur": "Exp",
    "noise": "StatelessRandomNormalV2",
    "jpeg": "Round",
}


def test_what_is_disabled_is_not_in_the_graph():
    nothing = operations(NOTHING)
    assert not nothing & {*MARKS.values(), "StatelessRandomUniformV2", "Minimum", "GatherNd"}
    for name, mark in MARKS.items():
        found = operations(dataclasses.replace(NOTHING, **{name: 0.5}))
        assert found & set(MARKS.values()) == {mark}
    light = dict.fromkeys(("brightness", "contrast", "colour"), 0.1)
    assert not operations(dataclasses.replace(NOTHING, **light)) & set(MARKS.values())


@pytest.mark.parametrize(
    ("name", "ranges"),
    [
        ("warp", ("shift", "scale", "rotate")),
        ("hsv", ("hue", "saturation", "value")),
        ("noise", ("noise_deviation",)),
    ],
)
def test_a_change_whose_ranges_are_all_zero_is_not_in_the_graph(name, ranges):
    config = dataclasses.replace(NOTHING, **{name: 0.5}, **dict.fromkeys(ranges, 0.0))
    assert MARKS[name] not in operations(config)


@pytest.mark.parametrize("name", BY_PROBABILITY)
def test_a_probability_of_one_changes_every_photograph(batch, name):
    images, _ = augmented(batch, **{name: 1.0})
    # A blur of less than a sixth of a pixel is lost in float32.
    assert changed(images, batch[0]).mean() > (0.8 if name == "blur" else 0.999)


@pytest.mark.parametrize("name", BY_PROBABILITY)
def test_photographs_are_changed_as_often_as_the_probability_says(batch, name):
    # Of 640, 0.25 of them: 160, with a standard deviation of 11.
    hits = np.array(
        [changed(augmented(batch, (3, seed), **{name: 0.25})[0], batch[0]) for seed in range(10)]
    )
    assert 116 < hits.sum() < 204
    # No place in the batch is favoured, and each batch is decided anew.
    assert 0 < hits.sum(axis=0).max() < 9
    assert len({hit.tobytes() for hit in hits}) == 10


def test_a_sure_flip_mirrors_image_and_mask_left_to_right(batch):
    images, masks = augmented(batch, horizontal_flip=1.0)
    np.testing.assert_array_equal(images, batch[0][:, :, ::-1])
    np.testing.assert_array_equal(masks, batch[1][:, :, ::-1])


def test_a_flip_by_chance_mirrors_image_and_mask_together(batch):
    images, masks = augmented(batch, horizontal_flip=0.5)
    flipped = changed(masks, batch[1])
    assert 16 < sum(flipped) < 48
    flipped = flipped.reshape(-1, 1, 1, 1)
    np.testing.assert_array_equal(images, np.where(flipped, batch[0][:, :, ::-1], batch[0]))
    np.testing.assert_array_equal(masks, np.where(flipped, batch[1][:, :, ::-1], batch[1]))


@pytest.mark.parametrize("only", ["shift", "scale", "rotate"])
def test_image_and_mask_are_moved_alike(batch, only):
    # A photograph that shows its own mask still does.
    pair = (np.repeat(batch[1], 3, axis=-1), batch[1])
    ranges = {"shift": 0.0, "scale": 0.0, "rotate": 0.0, only: 0.4 if only != "rotate" else 40.0}
    images, masks = augmented(pair, warp=0.5, horizontal_flip=0.5, **ranges)
    np.testing.assert_allclose(images, np.repeat(masks, 3, axis=-1), atol=1e-6)
    assert abs(masks - batch[1]).max() > 0.1


def test_shift_scale_and_rotation_keep_to_their_ranges():
    # The ramps tell where the pixels in the middle came from.
    rows, columns = np.meshgrid(np.arange(21.0), np.arange(31.0), indexing="ij")
    ramps = np.tile(np.stack([rows, columns, columns], axis=-1), (256, 1, 1, 1)).astype(np.float32)
    images, _ = augmented((ramps, ramps[..., :1]), warp=1.0, shift=0.1, scale=0.2, rotate=30.0)
    along_x = images[:, 10, 16, :2] - images[:, 10, 15, :2]
    zoom = 1.0 / np.hypot(*along_x.T)
    angle = np.rad2deg(np.arctan2(*along_x.T))
    centre = images[:, 10, 15, :2] - (10.0, 15.0)  # Is where the shift, turned back, leads from.
    turned = np.exp(1j * np.deg2rad(angle)) / zoom
    moved = -(centre[:, 1] + 1j * centre[:, 0]) / turned
    for drawn, limit in (
        (zoom - 1.0, 0.2), (angle, 30.0), (moved.real / 31, 0.1), (moved.imag / 21, 0.1)
    ):  # fmt: skip
        assert -limit * 1.001 <= drawn.min() < -0.95 * limit
        assert 0.95 * limit < drawn.max() <= limit * 1.001
        assert abs(drawn.mean()) < 0.15 * limit
    draws = np.corrcoef([zoom, angle, moved.real, moved.imag])
    assert abs(draws - np.eye(4)).max() < 0.25


@pytest.mark.parametrize("only", ["hue", "saturation", "value"])
def test_hsv_changes_keep_to_their_ranges(only):
    colour = np.array([0.6, 0.4, 0.3], np.float32)
    before = tf.image.rgb_to_hsv(colour).numpy()
    images = np.tile(colour, (256, 2, 2, 1))
    ranges = {"hue": 0.0, "saturation": 0.0, "value": 0.0, only: 100.0 if only == "hue" else 0.2}
    after, masks = augmented((images, images[..., :1]), hsv=1.0, **ranges)
    np.testing.assert_array_equal(masks, images[..., :1])
    np.testing.assert_array_equal(after, np.broadcast_to(after[:, :1, :1], after.shape))
    moved = tf.image.rgb_to_hsv(after[:, 0, 0]).numpy() - before
    moved[:, 0] = ((moved[:, 0] + 0.5) % 1 - 0.5) * 360
    for name, drawn in zip(("hue", "saturation", "value"), moved.T, strict=True):
        limit = ranges[name]
        assert abs(drawn).max() <= limit + 1e-3
        assert -drawn.min() > 0.95 * limit - 1e-3
        assert drawn.max() > 0.95 * limit - 1e-3


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


def test_blurs_keep_to_their_range():
    point = np.zeros((256, 25, 25, 3), np.float32)
    point[:, 12, 12] = 1.0
    images, masks = augmented((point, point[..., :1]), blur=1.0, blur_sigma=2.0)
    np.testing.assert_array_equal(masks, point[..., :1])
    variances = (images.sum(axis=(1, 3)) / 3.0 * (np.arange(25) - 12) ** 2).sum(axis=1)
    sigmas = np.sqrt(variances)
    assert sigmas.min() < 0.2
    assert 1.9 < sigmas.max() <= 2.0 + 1e-3


def test_noise_keeps_to_its_range():
    grey = np.full((256, 16, 16, 3), 0.5, np.float32)
    images, masks = augmented((grey, grey[..., :1]), noise=1.0, noise_deviation=0.1)
    np.testing.assert_array_equal(masks, grey[..., :1])
    deviations = images.std(axis=(1, 2, 3))
    assert deviations.min() < 0.01
    # The deviation of 768 values is itself off by 3 %.
    assert 0.09 < deviations.max() < 0.11


def test_jpeg_qualities_are_at_least_the_lowest_allowed():
    noisy = np.tile(np.random.default_rng(0).random((1, 16, 16, 3), np.float32), (256, 1, 1, 1))
    images, masks = augmented((noisy, noisy[..., :1]), jpeg=1.0, jpeg_quality=98)
    np.testing.assert_array_equal(masks, noisy[..., :1])
    expected = compress(noisy[:3], tf.constant([98, 99, 100])).numpy()
    hits = [(images == one).all(axis=(1, 2, 3)).sum() for one in expected]
    assert sum(hits) == 256
    assert min(hits) > 60


def test_decisions_and_amounts_depend_on_the_seed_alone(batch):
    images, masks = augmented(batch, (1, 2), EVERYTHING)
    again, masks_again = augmented(batch, (1, 2), EVERYTHING)
    other, masks_other = augmented(batch, (1, 3), EVERYTHING)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(masks, masks_again)
    assert (images != other).mean() > 0.9
    assert (masks != masks_other).any()


def test_each_photograph_draws_for_itself():
    same = np.tile(np.random.default_rng(0).random((1, 6, 5, 3), np.float32), (64, 1, 1, 1))
    sure = dataclasses.replace(EVERYTHING, warp=1.0, hsv=1.0)
    images, _ = augmented((same, same[..., :1]), config=sure)
    assert len(np.unique(images.reshape(64, -1), axis=0)) == 64


@pytest.mark.parametrize("name", OF_THE_PHOTOGRAPH_ALONE)
def test_enabling_one_change_leaves_the_draws_of_the_others(batch, name):
    moves = {"horizontal_flip": 0.5, "warp": 0.5}
    _, masks = augmented(batch, **moves)
    images, masks_again = augmented(batch, **moves, **{name: 0.5})
    np.testing.assert_array_equal(masks, masks_again)
    assert changed(images, batch[0]).any()


def test_kinds_of_change_are_drawn_apart(batch):
    # With one seed for all, the brightest images would be those of the strongest contrast.
    moved = augmented(batch, brightness=0.2)[0][:, 0, 0, 0] - batch[0][:, 0, 0, 0]
    before = batch[0] - batch[0].mean(axis=(1, 2, 3), keepdims=True)
    after = augmented(batch, contrast=0.5)[0]
    spread = after.std(axis=(1, 2, 3)) / before.std(axis=(1, 2, 3))
    assert abs(np.corrcoef(moved, spread)[0, 1]) < 0.4


@pytest.mark.parametrize("pair", list(itertools.combinations(BY_PROBABILITY, 2)))
def test_decisions_are_drawn_apart(batch, pair):
    first, second = (changed(augmented(batch, **{name: 0.5})[0], batch[0]) for name in pair)
    # Of 64, 16 each way, with a standard deviation of 3.5.
    assert 3 < (first & second).sum() < 29
    assert 3 < (~first & ~second).sum() < 29


def test_images_are_clipped(batch):
    images, _ = augmented(batch, brightness=1.0)
    assert images.min() == 0.0
    assert images.max() == 1.0


def test_works_on_batches_of_unknown_size(batch):
    dataset = tf.data.Dataset.from_tensor_slices(batch).batch(48)
    augmented = dataset.map(lambda i, m: augment(i, m, EVERYTHING, (0, 0)))
    assert [images.shape for images, _ in augmented] == [(48, 6, 5, 3), (16, 6, 5, 3)]
