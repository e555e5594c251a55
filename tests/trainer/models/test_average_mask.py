import keras
import numpy as np
import pytest

from trainer.models.average_mask import build_average_mask


@pytest.fixture
def average():
    return np.random.default_rng(0).random((5, 7, 1), np.float32)


def probabilities(model, images):
    return 1.0 / (1.0 + np.exp(-model(images).numpy().astype(np.float64)))


def test_answers_every_photograph_with_the_given_mask(average):
    model = build_average_mask(average)
    images = np.random.default_rng(1).random((3, 5, 7, 3), np.float32)
    answers = probabilities(model, images)
    assert answers.shape == (3, 5, 7, 1)
    np.testing.assert_allclose(answers, np.broadcast_to(average, answers.shape), atol=2e-4)


def test_pixels_that_are_always_or_never_car_stay_finite():
    model = build_average_mask(np.array([[[0.0], [1.0]]], np.float32))
    answers = probabilities(model, np.zeros((1, 1, 2, 3), np.float32))
    np.testing.assert_allclose(answers.ravel(), [1e-4, 1 - 1e-4], rtol=1e-3)


def test_has_one_weight_a_pixel_and_nothing_to_fit(average):
    model = build_average_mask(average)
    assert model.count_params() == 5 * 7
    assert model.trainable_weights == []


def test_saved_and_loaded_it_answers_the_same(average, tmp_path):
    model = build_average_mask(average)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = np.zeros((2, 5, 7, 3), np.float32)
    np.testing.assert_array_equal(loaded(images), model(images))
