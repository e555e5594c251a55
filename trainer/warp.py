"""Moves and zooms photographs and masks together, by an own random amount each."""

import tensorflow as tf


def warp(
    images: tf.Tensor, masks: tf.Tensor, shift: float, scale: float, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Shifts and scales each photograph of a batch about its centre.

    Bilinear, so that soft masks stay soft. What comes in from outside repeats the edge: a car that
    the edge cuts off goes on.

    Args:
        images: float32 [N, H, W, 3].
        masks: float32 [N, H, W, 1].
        shift: Largest shift, as a share of height and width.
        scale: Largest relative change of size.
        seed: int [2]; the amounts depend on nothing else.

    Returns:
        Photographs and masks, of the same shapes.
    """
    count = tf.shape(images)[0]
    size = tf.cast(tf.shape(images)[1:3], tf.float32)
    shift_seed, scale_seed = tf.unstack(tf.random.split(seed))
    moved = tf.random.stateless_uniform([count, 2], shift_seed, -shift, shift) * size
    zoom = 1.0 / (1.0 + tf.random.stateless_uniform([count, 1], scale_seed, -scale, scale))

    # Result to source: zoom * (x - centre) + centre - moved.
    centre = (size - 1.0) / 2.0
    offset = centre * (1.0 - zoom) - moved
    nothing = tf.zeros_like(zoom)
    transforms = tf.concat(
        [zoom, nothing, offset[:, 1:], nothing, zoom, offset[:, :1], nothing, nothing], axis=1
    )
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.concat([images, masks], axis=-1),
        transforms=transforms,
        output_shape=tf.shape(images)[1:3],
        interpolation="BILINEAR",
        fill_mode="NEAREST",
        fill_value=0.0,
    )
    warped = tf.ensure_shape(warped, images.shape[:3] + [4])
    return warped[..., :3], warped[..., 3:]
