"""From a photograph to a score per pixel, by the model alone or with its mirror image.

The threshold is fitted on what these functions give, and the signatures export them.
"""

import math
from typing import Final

import keras
import tensorflow as tf

from pipeline.config import PredictionConfig
from trainer.resize import enlarge

# Bicubic interpolation of unlimited logits rings: one very sure pixel would move a boundary that
# lies two pixels away. A probability of 0.9997 is sure enough.
LARGEST_LOGIT: Final = 8.0


def predict(model: keras.Model, images: tf.Tensor, config: PredictionConfig) -> tf.Tensor:
    """Scores each pixel at the model's size.

    Args:
        model: From float32 [N, H, W, 3] in [0, 1] to logits, float32 [N, H, W, 1].
        images: float32 [N, H, W, 3] in [0, 1].
        config: Whether to average with the mirror image's answer, and in which space.

    Returns:
        float32 [N, H, W]: probabilities, or logits in [-8, 8] where those are to be enlarged.
    """
    scores = _scores(model(images, training=False), config)
    if config.flip_average:
        mirrored = model(images[:, :, ::-1], training=False)[:, :, ::-1]
        scores = (scores + _scores(mirrored, config)) / 2.0
    return scores[..., 0]


def probability(scores: tf.Tensor, config: PredictionConfig) -> tf.Tensor:
    """Turns scores of ``predict``, enlarged or not, into probabilities of the same shape."""
    return tf.sigmoid(scores) if config.enlarge == "logits" else scores


def full_size_mask(
    scores: tf.Tensor,
    height: tf.Tensor,
    width: tf.Tensor,
    threshold: float,
    config: PredictionConfig,
) -> tf.Tensor:
    """Enlarges one photograph's scores and cuts them.

    Args:
        scores: float32 [h, w], of ``predict``.
        height: int32 [], of the photograph, pixels.
        width: int32 [], of the photograph, pixels.
        threshold: A pixel is car where its probability is above this; in [0, 1).
        config: What ``scores`` are.

    Returns:
        bool [height, width].
    """
    if config.enlarge == "logits":
        # The threshold's logit, because the logistic function of each full-size pixel is dear.
        threshold = math.log(threshold / (1.0 - threshold)) if threshold > 0.0 else -math.inf
    return enlarge(scores, height, width) > threshold


def _scores(logits: tf.Tensor, config: PredictionConfig) -> tf.Tensor:
    if config.enlarge == "logits":
        return tf.clip_by_value(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
    return tf.sigmoid(logits)
