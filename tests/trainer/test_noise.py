import numpy as np
import tensorflow as tf

from trainer.noise import add_noise

GREY = np.full((3, 40, 40, 3), 0.5, np.float32)


def noise_of(deviation, seed=(1, 2), images=GREY):
    return add_noise(images, tf.constant(deviation), tf.constant(seed)).numpy() - images


def test_each_photograph_has_its_own_deviation():
    noise = noise_of([0.0, 0.02, 0.1])
    np.testing.assert_allclose(noise.std(axis=(1, 2, 3)), [0.0, 0.02, 0.1], rtol=0.05)
    assert abs(noise.mean(axis=(1, 2, 3))).max() < 0.005


def test_it_is_gaussian():
    noise = noise_of([0.1] * 3).ravel()
    within = [(abs(noise) < 0.1 * sigma).mean() for sigma in (1, 2)]
    np.testing.assert_allclose(within, [0.6827, 0.9545], atol=0.01)


def test_every_value_is_drawn_by_itself():
    noise = noise_of([0.1] * 3)
    pairs = [
        (noise[..., 0], noise[..., 1]),
        (noise[:, 1:], noise[:, :-1]),
        (noise[:, :, 1:], noise[:, :, :-1]),
        (noise[1:], noise[:-1]),
    ]
    for first, second in pairs:
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_it_depends_on_the_seed_alone():
    np.testing.assert_array_equal(noise_of([0.1] * 3), noise_of([0.1] * 3))
    assert (noise_of([0.1] * 3) != noise_of([0.1] * 3, seed=(1, 3))).mean() > 0.99


def test_photographs_are_clipped():
    black_and_white = np.stack([np.zeros((8, 8, 3)), np.ones((8, 8, 3))]).astype(np.float32)
    noisy = black_and_white + noise_of([0.5, 0.5], images=black_and_white)
    assert noisy.min() == 0.0
    assert noisy.max() == 1.0
