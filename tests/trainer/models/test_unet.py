import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import UNetConfig
from trainer.losses import BceDiceLoss
from trainer.models.unet import build_unet

TINY = UNetConfig(filters=2, depth=2, max_filters=4, encoder_convs=1, decoder_convs=2)


@pytest.fixture
def images():
    return np.random.default_rng(0).random((2, 8, 12, 3), np.float32)


def weights_of(model):
    return {weight.path: weight.numpy() for weight in model.weights}


def test_tiny_network_by_hand():
    def block(inputs, filters):
        return 9 * inputs * filters + 4 * filters  # No bias; batch normalization has four vectors.

    encoder = block(3, 2) + block(2, 4)
    centre = block(4, 4)  # 2 * 2 ** 2 would be 8, more than max_filters.
    decoder = block(4 + 4, 4) + block(4, 4) + block(2 + 4, 2) + block(2, 2)
    assert build_unet(8, 12, TINY).count_params() == encoder + centre + decoder + 2 + 1


def test_default_network_has_the_known_parameter_count():
    assert build_unet(128, 128, UNetConfig()).count_params() == 5_707_905


@pytest.mark.parametrize(("height", "width"), [(8, 12), (4, 4), (16, 8)])
def test_answers_at_the_photographs_size(height, width):
    model = build_unet(height, width, TINY)
    assert model.output_shape == (None, height, width, 1)
    assert model(np.zeros((3, height, width, 3), np.float32)).shape == (3, height, width, 1)


def test_a_size_that_does_not_halve_is_refused():
    with pytest.raises(ValueError, match="Concatenate"):
        build_unet(8, 10, TINY)


def test_seed_decides_the_weights():
    models = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        models.append(weights_of(build_unet(8, 12, TINY)))
    one, same, other = models
    assert all(np.array_equal(one[path], same[path]) for path in one)
    assert any(not np.array_equal(one[path], other[path]) for path in one)


def test_saved_and_loaded_it_answers_the_same(images, tmp_path):
    model = build_unet(8, 12, TINY)
    path = tmp_path / "model.keras"
    model.save(path)
    loaded = keras.saving.load_model(path)
    assert weights_of(loaded).keys() == weights_of(model).keys()
    np.testing.assert_array_equal(loaded(images), model(images))


def test_gradients_reach_every_weight(images):
    keras.utils.set_random_seed(0)
    model = build_unet(8, 12, TINY)
    truth = (images[..., :1] > 0.5).astype(np.float32)
    with tf.GradientTape() as tape:
        loss = BceDiceLoss()(truth, model(images, training=True))
    variables = [weight.value for weight in model.trainable_weights]
    for weight, gradient in zip(
        model.trainable_weights, tape.gradient(loss, variables), strict=True
    ):
        assert gradient is not None, weight.path
        assert np.abs(gradient).max() > 0.0, weight.path


def test_fine_detail_reaches_the_output_through_the_skips(images):
    # With everything below the first level silenced, the photograph still decides the answer.
    keras.utils.set_random_seed(0)
    model = build_unet(8, 12, TINY)
    silenced = model.get_layer("decoder1_1_conv")
    silenced.set_weights([np.zeros_like(weight) for weight in silenced.get_weights()])
    assert np.std(model(images).numpy()[0] - model(images).numpy()[1]) > 1e-3


def test_values_are_centred_first(images):
    model = build_unet(8, 12, TINY)
    centred = keras.Model(model.input, model.get_layer("centre_values").output)
    np.testing.assert_allclose(centred(images), 2.0 * images - 1.0, atol=1e-6)


def test_batch_statistics_follow_the_configured_momentum(images):
    model = build_unet(8, 12, UNetConfig(2, 2, 4, 1, 2, batchnorm_momentum=0.25))
    layer = model.get_layer("encoder0_0_batchnorm")
    before = keras.Model(model.input, model.get_layer("encoder0_0_conv").output)(images)
    model(images, training=True)
    mean = np.mean(before, axis=(0, 1, 2))
    # They start at 0.
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.75 * mean, rtol=1e-4, atol=1e-6)


def test_logits_keep_float32_under_mixed_precision(images, request):
    request.addfinalizer(lambda: keras.config.set_dtype_policy("float32"))
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = build_unet(8, 12, TINY)
    assert model(images).dtype == tf.float32
    assert model.get_layer("centre_0_conv").compute_dtype == "bfloat16"
