import keras
import numpy as np
import pytest
import tensorflow as tf

from trainer.models.batch_norm import BatchNorm

SHAPE = (4, 6, 5, 3)
COUNT = 4 * 6 * 5


@pytest.fixture
def inputs():
    return np.random.default_rng(0).normal(2.0, 3.0, SHAPE).astype(np.float32)


@pytest.fixture
def layers():
    """Ours and Keras' own, with the same weights."""
    pair = BatchNorm(momentum=0.8), keras.layers.BatchNormalization(momentum=0.8)
    rng = np.random.default_rng(1)
    weights = [rng.random(3).astype(np.float32) + 0.5 for _ in range(4)]
    for layer in pair:
        layer.build(SHAPE)
        layer.set_weights(weights)
    return pair


@pytest.mark.parametrize("training", [True, False])
def test_answers_and_gradients_are_those_of_keras(layers, inputs, training):
    results = []
    for layer in layers:
        x = tf.constant(inputs)
        variables = [layer.gamma.value, layer.beta.value]
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x, training=training)
            loss = tf.reduce_sum(y * tf.cos(y))
        results.append([y, *tape.gradient(loss, [x, *variables])])
    for ours, keras_own in zip(*results, strict=True):
        np.testing.assert_allclose(ours, keras_own, rtol=2e-3, atol=2e-3)


def test_running_statistics_follow_the_batch(layers, inputs):
    ours, _ = layers
    _, _, mean, variance = ours.get_weights()
    ours(inputs, training=True)
    axes = (0, 1, 2)
    np.testing.assert_allclose(
        ours.moving_mean.numpy(), 0.8 * mean + 0.2 * inputs.mean(axis=axes), rtol=1e-5
    )
    unbiased = inputs.var(axis=axes) * COUNT / (COUNT - 1)
    np.testing.assert_allclose(
        ours.moving_variance.numpy(), 0.8 * variance + 0.2 * unbiased, rtol=1e-4
    )


def test_scoring_changes_nothing(layers, inputs):
    ours, _ = layers
    before = ours.get_weights()
    ours(inputs, training=False)
    for weight, unchanged in zip(ours.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, unchanged)


def test_a_frozen_layer_uses_its_running_statistics(layers, inputs):
    ours, _ = layers
    scored = ours(inputs, training=False)
    ours.trainable = False
    np.testing.assert_array_equal(ours(inputs, training=True), scored)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_keeps_statistics_in_float32(dtype, inputs):
    layer = BatchNorm(dtype=f"mixed_{dtype}")
    answer = layer(inputs, training=True)
    assert answer.dtype == dtype
    assert layer.moving_mean.dtype == "float32"
    exact = BatchNorm()(inputs, training=True)
    np.testing.assert_allclose(tf.cast(answer, tf.float32), exact, atol=0.05)
