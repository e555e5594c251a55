import colorsys

import numpy as np
import pytest
import tensorflow as tf

from trainer.colour import shift_hsv


def shifted(images, hue=0.0, saturation=0.0, value=0.0):
    images = np.asarray(images, np.float32)
    amounts = (
        np.broadcast_to(np.float32(amount), len(images)) for amount in (hue, saturation, value)
    )
    result = shift_hsv(tf.constant(images), *map(tf.constant, amounts))
    assert result.shape == images.shape
    return result.numpy()


def test_equals_tensorflows_own_conversions():
    rng = np.random.default_rng(0)
    images = rng.random((32, 8, 8, 3), np.float32)
    images[:8] = rng.integers(0, 4, (8, 8, 8, 3)) / 3  # Greys, black, white, equal channels.
    hue = rng.uniform(-400, 400, 32).astype(np.float32)
    saturation, value = rng.uniform(-0.4, 0.4, (2, 32)).astype(np.float32)

    h, s, v = np.moveaxis(tf.image.rgb_to_hsv(images).numpy(), -1, 0)
    h = (h + hue[:, None, None] / 360) % 1
    s = np.clip(s + saturation[:, None, None], 0, 1)
    v = np.clip(v + value[:, None, None], 0, 1)
    expected = tf.image.hsv_to_rgb(np.stack([h, s, v], axis=-1))
    np.testing.assert_allclose(shifted(images, hue, saturation, value), expected, atol=1e-5)


def test_equals_pythons_own_conversions():
    red, green, blue = 0.2, 0.5, 0.4
    h, s, v = colorsys.rgb_to_hsv(red, green, blue)
    expected = colorsys.hsv_to_rgb((h + 0.25) % 1, s - 0.1, v + 0.2)
    found = shifted([[[[red, green, blue]]]], 90, -0.1, 0.2)
    np.testing.assert_allclose(found[0, 0, 0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("hue", "expected"),
    [
        (120, [0, 1, 0]),
        (240, [0, 0, 1]),
        (-120, [0, 0, 1]),
        (60, [1, 1, 0]),
        (-60, [1, 0, 1]),
        (180, [0, 1, 1]),
        (360, [1, 0, 0]),
        (-480, [0, 0, 1]),
    ],
)
def test_hue_turns_red_around_the_circle(hue, expected):
    np.testing.assert_allclose(shifted([[[[1, 0, 0]]]], hue)[0, 0, 0], expected, atol=1e-6)


def test_saturation_and_value_are_clipped():
    colour = [[[[0.8, 0.4, 0.6]]]]
    np.testing.assert_allclose(shifted(colour, saturation=-1)[0, 0, 0], [0.8] * 3, atol=1e-6)
    np.testing.assert_allclose(shifted(colour, saturation=1)[0, 0, 0], [0.8, 0, 0.4], atol=1e-6)
    np.testing.assert_allclose(shifted(colour, value=-1)[0, 0, 0], [0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(shifted(colour, value=1)[0, 0, 0], [1, 0.5, 0.75], atol=1e-6)


def test_greys_have_no_hue_to_turn():
    greys = np.repeat(np.linspace(0, 1, 11)[None, None, :, None], 3, axis=-1)
    np.testing.assert_allclose(shifted(greys, hue=77), greys, atol=1e-6)


def test_no_amounts_change_nothing_and_nothing_leaves_the_range():
    images = np.random.default_rng(0).random((8, 8, 8, 3), np.float32)
    np.testing.assert_allclose(shifted(images), images, atol=1e-6)
    hues = np.linspace(-180, 180, 8)
    found = shifted(images, hues, 1.0, 1.0)
    assert found.min() >= 0.0
    assert found.max() <= 1.0


def test_no_photograph_is_a_batch_too():
    assert shifted(np.zeros((0, 4, 4, 3))).shape == (0, 4, 4, 3)
