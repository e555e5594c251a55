import keras
import numpy as np
import pytest

from trainer.models.cnn import build_cnn
from trainer.precision import computing_in


@pytest.fixture
def model():
    keras.utils.set_random_seed(0)
    return build_cnn(16, 24)


def test_has_the_parameters_of_the_reference_report(model):
    # (3 * 3 * 3 + 1) * 16 + (3 * 3 * 16 + 1) * 32 + (5 * 5 * 32 + 1)
    assert model.count_params() == 5_889
    assert build_cnn(128, 128).count_params() == 5_889


def test_sees_nine_by_nine_pixels_and_no_more(model):
    images = np.random.default_rng(0).random((1, 16, 24, 3), np.float32)
    changed = images.copy()
    changed[0, 8, 12] += 5.0
    rows, columns = np.nonzero((model(changed) - model(images)).numpy()[0, ..., 0])
    assert (rows.min(), rows.max()) == (4, 12)
    assert (columns.min(), columns.max()) == (8, 16)


def test_answers_with_logits_at_the_photographs_size(model):
    logits = model(np.random.default_rng(0).random((3, 16, 24, 3), np.float32)).numpy()
    assert logits.shape == (3, 16, 24, 1)
    # A sigmoid or a ReLU behind the last layer would leave no negative value.
    assert logits.min() < 0 < logits.max() or logits.max() < 0


def test_seed_decides_the_weights(model):
    keras.utils.set_random_seed(0)
    same = build_cnn(16, 24)
    other = build_cnn(16, 24)
    kernel = model.get_layer("conv1").kernel.numpy()
    np.testing.assert_array_equal(same.get_layer("conv1").kernel, kernel)
    assert (other.get_layer("conv1").kernel.numpy() != kernel).any()


def test_saved_and_loaded_it_answers_the_same(model, tmp_path):
    images = np.random.default_rng(0).random((2, 16, 24, 3), np.float32)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images), model(images))


def test_logits_are_float32_under_every_precision():
    with computing_in("mixed_float16"):
        assert build_cnn(16, 24).output.dtype == "float32"
