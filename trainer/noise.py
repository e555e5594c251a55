"""Adds a sensor's noise to photographs, each photograph with its own strength."""

import tensorflow as tf


def add_noise(images: tf.Tensor, deviation: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Adds Gaussian noise to every channel of every pixel by itself.

    Args:
        images: float32 [N, H, W, C] in [0, 1].
        deviation: float32 [N], standard deviations, as a share of the full range.
        seed: int [2]; the noise depends on nothing else.

    Returns:
        float32 [N, H, W, C], clipped to [0, 1].
    """
    noise = tf.random.stateless_normal(tf.shape(images), seed)
    noisy = images + noise * deviation[:, tf.newaxis, tf.newaxis, tf.newaxis]
    return tf.clip_by_value(noisy, 0.0, 1.0)
