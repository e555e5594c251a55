"""Mirrors, rotates, scales and shifts photographs and masks together, each by its own amounts."""

import math

import tensorflow as tf


def warp(
    images: tf.Tensor,
    masks: tf.Tensor,
    mirror: tf.Tensor,
    shift: tf.Tensor,
    scale: tf.Tensor,
    rotation: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Rotates and scales each photograph of a batch about its centre, shifts it, mirrors it.

    All of it in one bilinear interpolation, so that soft masks stay soft; a mirror image alone is
    exact. What comes in from outside repeats the edge: a car that the edge cuts off goes on.

    The rotation is one of pixels. Where height and width were shrunk by different factors
    (1918x1280 to 128x128), seen at full size it is a rotation with some shear.

    Args:
        images: float32 [N, H, W, 3].
        masks: float32 [N, H, W, 1].
        mirror: bool [N], whether left becomes right.
        shift: float32 [N, 2], down and to the right, as a share of height and width.
        scale: float32 [N], relative change of size, above -1.
        rotation: float32 [N], degrees counter-clockwise.

    Returns:
        Photographs and masks, of the same shapes.
    """
    transforms = _transforms(tf.shape(images)[1:3], mirror, shift, scale, rotation)
    # One call for both would first have to bring their channels together, which takes longer.
    return _project(images, transforms), _project(masks, transforms)


def _transforms(
    size: tf.Tensor, mirror: tf.Tensor, shift: tf.Tensor, scale: tf.Tensor, rotation: tf.Tensor
) -> tf.Tensor:
    """Returns where each pixel of the result comes from, float32 [N, 8]."""
    size = tf.cast(size, tf.float32)
    centre_y, centre_x = tf.unstack((size - 1.0) / 2.0)
    down, right = tf.unstack(shift * size, axis=1)
    angle = rotation * (math.pi / 180.0)
    cosine, sine = tf.cos(angle) / (1.0 + scale), tf.sin(angle) / (1.0 + scale)
    side = tf.where(mirror, -1.0, 1.0)

    # With x and y measured from the centre, the source of the result's (x, y) is
    #   cosine * (side * x - right) - sine * (y - down),
    #   sine * (side * x - right) + cosine * (y - down).
    from_x = centre_x - cosine * (side * centre_x + right) + sine * (centre_y + down)
    from_y = centre_y - sine * (side * centre_x + right) - cosine * (centre_y + down)
    nothing = tf.zeros_like(scale)
    return tf.stack(
        [side * cosine, -sine, from_x, side * sine, cosine, from_y, nothing, nothing], axis=1
    )


def _project(pictures: tf.Tensor, transforms: tf.Tensor) -> tf.Tensor:
    warped = tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures,
        transforms=transforms,
        output_shape=tf.shape(pictures)[1:3],
        interpolation="BILINEAR",
        fill_mode="NEAREST",
        fill_value=0.0,
    )
    return tf.ensure_shape(warped, pictures.shape)
