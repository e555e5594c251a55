import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import PredictionConfig
from trainer.prediction import full_size_mask, predict, probability


class Ramp(keras.layers.Layer):
    """Adds what no mirror image would: logits that rise from left to right."""

    def call(self, images):
        return images[..., :1] * 20.0 + keras.ops.arange(4.0)[None, None, :, None]


@pytest.fixture
def model():
    images = keras.Input((2, 4, 3))
    return keras.Model(images, Ramp()(images))


IMAGES = np.random.default_rng(0).random((3, 2, 4, 3), np.float32) - 0.5
LOGITS = IMAGES[..., 0] * 20.0 + np.arange(4.0)
MIRRORED = IMAGES[..., 0] * 20.0 + np.arange(4.0)[::-1]


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (PredictionConfig(), sigmoid(LOGITS)),
        (PredictionConfig(enlarge="logits"), np.clip(LOGITS, -8, 8)),
        (PredictionConfig(flip_average=True), (sigmoid(LOGITS) + sigmoid(MIRRORED)) / 2),
        (
            PredictionConfig(flip_average=True, enlarge="logits"),
            (np.clip(LOGITS, -8, 8) + np.clip(MIRRORED, -8, 8)) / 2,
        ),
    ],
)
def test_scores(model, config, expected):
    np.testing.assert_allclose(predict(model, IMAGES, config), expected, atol=1e-5)


def test_probability_of_scores():
    scores = tf.constant([-3.0, 0.0, 2.0])
    np.testing.assert_array_equal(probability(scores, PredictionConfig()), scores)
    np.testing.assert_allclose(
        probability(scores, PredictionConfig(enlarge="logits")), sigmoid(scores.numpy()), atol=1e-6
    )


@pytest.mark.parametrize("threshold", [0.0, 0.25, 0.5, 0.75])
def test_logits_are_cut_where_their_probability_is_above_the_threshold(threshold):
    logits = tf.constant([[-2.0, -0.5], [0.7, 3.0]])
    mask = full_size_mask(logits, 2, 2, threshold, PredictionConfig(enlarge="logits"))
    np.testing.assert_array_equal(mask, sigmoid(logits.numpy()) > threshold)
