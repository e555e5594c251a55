import keras
import numpy as np
import pytest

from trainer.models.make_classifier import build_make_classifier, whole_factor
from trainer.precision import computing_in


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return build_make_classifier(32, 48, 3)


@pytest.fixture
def images():
    return np.random.default_rng(0).random((4, 32, 48, 3), np.float32)


def test_has_the_parameters_of_the_reference_report():
    # 9 * 3 * 16 + 16, 9 * 16 * 32 + 32, 9 * 32 * 64 + 64, 9 * 64 * 128 + 128, 128 * 36 + 36
    model = build_make_classifier(128, 128, 36)
    assert model.count_params() == 102_084
    of_layers = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert of_layers == [448, 4_640, 18_496, 73_856, 4_644]
    assert all(weight.trainable for weight in model.weights)
    assert build_make_classifier(512, 768, 36, shrink=4).count_params() == 102_084


def test_each_block_halves_the_photograph_with_its_filters():
    model = build_make_classifier(128, 96, 36)
    shapes = [model.get_layer(f"block{n}_pool").output.shape[1:] for n in (1, 2, 3, 4)]
    assert shapes == [(64, 48, 16), (32, 24, 32), (16, 12, 64), (8, 6, 128)]
    assert [model.get_layer(f"block{n}_conv").kernel_size for n in (1, 2, 3, 4)] == [(3, 3)] * 4
    assert model.get_layer("block1_conv").output.shape[1:] == (128, 96, 16)


def test_answers_with_probabilities(model, images):
    probabilities = model(images).numpy()
    assert probabilities.shape == (4, 3)
    assert (probabilities > 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-6)


def test_the_hidden_layers_are_rectified(model, images):
    hidden = keras.Model(model.input, [model.get_layer(f"block{n}_conv").output for n in (1, 4)])
    for activations in hidden(images):
        assert activations.numpy().min() == 0.0
        assert activations.numpy().max() > 0.0


def test_shrinking_is_averaging(images):
    keras.utils.set_random_seed(0)
    large = build_make_classifier(32, 48, 3, shrink=2)
    small = build_make_classifier(16, 24, 3)
    small.set_weights(large.get_weights())
    halved = images.reshape(4, 16, 2, 24, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(large(images), small(halved), atol=1e-6)


@pytest.mark.parametrize(
    ("height", "width", "least_side", "factor"),
    [
        (128, 128, 128, 1),
        (96, 144, 128, 1),
        (255, 255, 128, 1),
        (256, 384, 128, 2),
        (512, 768, 128, 4),
        (1024, 1536, 128, 8),
        (96, 144, 32, 3),
        # 130 / 32 allows 4, which does not divide it, nor does 3.
        (130, 130, 32, 2),
    ],
)
def test_whole_factor(height, width, least_side, factor):
    assert whole_factor(height, width, least_side) == factor


def test_saved_and_loaded_it_answers_the_same(model, images, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images), model(images))


def test_probabilities_are_float32_under_every_precision():
    with computing_in("mixed_float16"):
        assert build_make_classifier(16, 24, 2).output.dtype == "float32"
