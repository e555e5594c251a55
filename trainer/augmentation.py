"""Random changes of training photographs and their masks, vectorised over the batch.

Draws who is changed and by how much; what a change does is said in the modules it comes from.
"""

import tensorflow as tf

from pipeline.config import AugmentationConfig
from trainer.blur import blur
from trainer.colour import shift_hsv
from trainer.jpeg import compress
from trainer.noise import add_noise
from trainer.warp import warp

# Each gets a seed of its own whether or not it is enabled, so that enabling one leaves the others'
# draws as they were.
_GROUPS = 6


def augment(
    images: tf.Tensor, masks: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Changes each photograph of a batch by its own random amounts.

    What the config leaves out is not in the graph, and only the photographs for which a change was
    drawn are computed: the others' pixels are exactly what they were.

    Rotations are those of the pixels that the model sees, see ``trainer.warp``.

    Args:
        images: float32 [N, H, W, 3] in [0, 1].
        masks: float32 [N, H, W, 1] in [0, 1], soft.
        config: The probabilities and ranges.
        seed: int [2]; decisions and amounts depend on nothing else.

    Returns:
        Photographs and masks, of the same shapes and ranges.
    """
    seeds = tf.unstack(tf.random.split(seed, _GROUPS))
    images, masks = _moved(images, masks, config, seeds[0])
    images = _shifted_in_hsv(images, config, seeds[1])
    images = _relit(images, config, seeds[2])
    # In the order of a camera: lens, sensor, file.
    images = _blurred(images, config, seeds[3])
    images = _noisy(images, config, seeds[4])
    images = _compressed(images, config, seeds[5])
    return images, masks


def _moved(
    images: tf.Tensor, masks: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    warps = config.warp if config.shift or config.scale or config.rotate else 0.0
    if not config.horizontal_flip and not warps:
        return images, masks
    count = tf.shape(images)[0]
    mirror_seed, warp_seed, shift_seed, scale_seed, rotate_seed = tf.unstack(
        tf.random.split(seed, 5)
    )
    mirror = _drawn(count, config.horizontal_flip, mirror_seed)
    warped = _drawn(count, warps, warp_seed)
    moved = tf.cast(warped, tf.float32)
    shift = _symmetric([count, 2], config.shift, shift_seed) * moved[:, tf.newaxis]
    scale = _symmetric([count], config.scale, scale_seed) * moved
    rotation = _symmetric([count], config.rotate, rotate_seed) * moved

    rows = tf.where(mirror | warped)
    new_images, new_masks = warp(
        *(tf.gather_nd(every, rows) for every in (images, masks, mirror, shift, scale, rotation))
    )
    return (
        tf.tensor_scatter_nd_update(images, rows, new_images),
        tf.tensor_scatter_nd_update(masks, rows, new_masks),
    )


def _shifted_in_hsv(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    ranges = (config.hue, config.saturation, config.value)
    if not config.hsv or not any(ranges):
        return images
    count = tf.shape(images)[0]
    drawn_seed, *seeds = tf.unstack(tf.random.split(seed, 4))
    rows = tf.where(_drawn(count, config.hsv, drawn_seed))
    amounts = [
        tf.gather_nd(_symmetric([count], limit, seed), rows)
        for limit, seed in zip(ranges, seeds, strict=True)
    ]
    shifted = shift_hsv(tf.gather_nd(images, rows), *amounts)
    return tf.tensor_scatter_nd_update(images, rows, shifted)


def _relit(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    if not config.contrast and not config.brightness and not config.colour:
        return images
    count = tf.shape(images)[0]
    contrast_seed, brightness_seed, colour_seed = tf.unstack(tf.random.split(seed, 3))
    if config.contrast:
        contrast = 1.0 + _symmetric([count, 1, 1, 1], config.contrast, contrast_seed)
        mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
        images = (images - mean) * contrast + mean
    if config.brightness or config.colour:
        images += _symmetric([count, 1, 1, 1], config.brightness, brightness_seed) + _symmetric(
            [count, 1, 1, 3], config.colour, colour_seed
        )
    return tf.clip_by_value(images, 0.0, 1.0)


def _blurred(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    if not config.blur:
        return images
    count = tf.shape(images)[0]
    drawn_seed, sigma_seed = tf.unstack(tf.random.split(seed))
    rows = tf.where(_drawn(count, config.blur, drawn_seed))
    # Drawn from [0, 1), and no standard deviation may be 0.
    sigma = config.blur_sigma * (1.0 - tf.random.stateless_uniform([count], sigma_seed))
    blurred = blur(tf.gather_nd(images, rows), tf.gather_nd(sigma, rows))
    return tf.tensor_scatter_nd_update(images, rows, blurred)


def _noisy(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    if not config.noise or not config.noise_deviation:
        return images
    count = tf.shape(images)[0]
    drawn_seed, deviation_seed, noise_seed = tf.unstack(tf.random.split(seed, 3))
    rows = tf.where(_drawn(count, config.noise, drawn_seed))
    deviation = tf.random.stateless_uniform([count], deviation_seed, 0.0, config.noise_deviation)
    noisy = add_noise(tf.gather_nd(images, rows), tf.gather_nd(deviation, rows), noise_seed)
    return tf.tensor_scatter_nd_update(images, rows, noisy)


def _compressed(images: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor) -> tf.Tensor:
    if not config.jpeg:
        return images
    count = tf.shape(images)[0]
    drawn_seed, quality_seed = tf.unstack(tf.random.split(seed))
    rows = tf.where(_drawn(count, config.jpeg, drawn_seed))
    quality = tf.random.stateless_uniform([count], quality_seed, config.jpeg_quality, 101, tf.int32)
    compressed = compress(tf.gather_nd(images, rows), tf.gather_nd(quality, rows))
    return tf.tensor_scatter_nd_update(images, rows, compressed)


def _drawn(count: tf.Tensor, probability: float, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform([count], seed) < probability


def _symmetric(shape: list[object], limit: float, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, seed, -limit, limit)
