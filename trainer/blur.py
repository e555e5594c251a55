"""Blurs photographs as a lens out of focus does, each photograph by its own amount."""

import tensorflow as tf


def blur(images: tf.Tensor, sigma: tf.Tensor) -> tf.Tensor:
    """Blurs with a Gaussian; at the edge, what would lie outside does not count.

    One matrix product per direction, so that every photograph can have its own kernel.
    ``tf.nn.depthwise_conv2d`` is faster, but ends the process for kernels wider than about 15
    pixels (TensorFlow 2.16, oneDNN).

    Args:
        images: float32 [N, H, W, C] in [0, 1].
        sigma: float32 [N], standard deviations in pixels, above 0.

    Returns:
        float32 [N, H, W, C] in [0, 1].
    """
    count, height, width, channels = tf.unstack(tf.shape(images))
    rows = tf.reshape(images, [count, height, width * channels])
    rows = _kernels(height, sigma) @ rows
    columns = tf.transpose(tf.reshape(rows, [count, height, width, channels]), [0, 2, 1, 3])
    columns = tf.reshape(columns, [count, width, height * channels])
    columns = _kernels(width, sigma) @ columns
    blurred = tf.transpose(tf.reshape(columns, [count, width, height, channels]), [0, 2, 1, 3])
    return tf.ensure_shape(tf.clip_by_value(blurred, 0.0, 1.0), images.shape)


def _kernels(length: tf.Tensor, sigma: tf.Tensor) -> tf.Tensor:
    """Returns each result pixel's weights of the source pixels, float32 [N, length, length]."""
    position = tf.range(tf.cast(length, tf.float32))
    distance = position[:, tf.newaxis] - position
    weights = tf.exp(-0.5 * tf.square(distance / sigma[:, tf.newaxis, tf.newaxis]))
    return weights / tf.reduce_sum(weights, axis=-1, keepdims=True)
