"""Objects in front of another background."""

import numpy as np

from serving.client.pictures.composite import composite


def test_every_weight_mixes_photograph_and_background():
    alpha = np.arange(256, dtype=np.uint8).reshape(16, 16)
    rng = np.random.default_rng(3)
    photograph = rng.integers(0, 256, (16, 16, 3), np.uint8)
    background = rng.integers(0, 256, (16, 16, 3), np.uint8)
    mixed = composite(photograph, alpha, background)
    weight = alpha[..., None] / 255.0
    expected = np.rint(weight * photograph + (1 - weight) * background)
    assert mixed.dtype == np.uint8
    np.testing.assert_array_equal(mixed, expected)


def test_nothing_of_the_photograph_outside_and_nothing_but_it_inside():
    alpha = np.array([[0, 255]], np.uint8)
    photograph = np.full((1, 2, 3), 200, np.uint8)
    background = np.full((1, 2, 3), 7, np.uint8)
    mixed = composite(photograph, alpha, background)
    assert mixed.tolist() == [[[7, 7, 7], [200, 200, 200]]]


def test_its_inputs_are_not_changed():
    photograph = np.full((2, 2, 3), 9, np.uint8)
    background = np.zeros((2, 2, 3), np.uint8)
    composite(photograph, np.full((2, 2), 100, np.uint8), background)
    assert (photograph == 9).all()
    assert (background == 0).all()
