"""Random changes of training photographs and their masks, vectorised over the batch."""

import tensorflow as tf

from pipeline.config import AugmentationConfig
from trainer.warp import warp


def augment(
    images: tf.Tensor, masks: tf.Tensor, config: AugmentationConfig, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Changes each photograph of a batch by its own random amounts.

    Args:
        images: float32 [N, H, W, 3] in [0, 1].
        masks: float32 [N, H, W, 1] in [0, 1], soft.
        config: The ranges.
        seed: int64 [2]; the amounts depend on nothing else.

    Returns:
        Photographs, clipped to [0, 1], and masks, of the same shapes.
    """
    count = tf.shape(images)[0]
    flip_seed, warp_seed, contrast_seed, brightness_seed, colour_seed = tf.unstack(
        tf.random.split(seed, 5)
    )

    flip = tf.random.stateless_uniform([count, 1, 1, 1], flip_seed) < config.horizontal_flip
    images = tf.where(flip, images[:, :, ::-1], images)
    masks = tf.where(flip, masks[:, :, ::-1], masks)
    if config.shift or config.scale:
        images, masks = warp(images, masks, config.shift, config.scale, warp_seed)

    contrast = 1.0 + _symmetric([count, 1, 1, 1], config.contrast, contrast_seed)
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    images = (images - mean) * contrast + mean
    images += _symmetric([count, 1, 1, 1], config.brightness, brightness_seed)
    images += _symmetric([count, 1, 1, 3], config.colour, colour_seed)
    return tf.clip_by_value(images, 0.0, 1.0), masks


def _symmetric(shape: list[object], limit: float, seed: tf.Tensor) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, seed, -limit, limit)
