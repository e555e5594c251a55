import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import UNetConfig
from pipeline.presets import CARVANA_128_PAPER
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


def test_the_papers_network_has_its_parameter_count():
    # 64, 128, 256, 512 filters and a centre of 512: convolutions without bias, four vectors of
    # batch normalization behind each, and the 1x1 head.
    def convs(*filters):
        pairs = zip(filters, filters[1:], strict=False)
        return sum(9 * inputs * outputs + 4 * outputs for inputs, outputs in pairs)

    expected = convs(3, 64, 64) + convs(64, 128, 128) + convs(128, 256, 256)
    expected += convs(256, 512, 512) + convs(512, 512, 512)
    for below, filters in ((512, 512), (512, 256), (256, 128), (128, 64)):
        expected += convs(below + filters, filters, filters, filters)
    expected += 64 + 1
    assert build_unet(128, 128, CARVANA_128_PAPER.unet).count_params() == expected == 22_733_313


OPTIONS = {
    "space_to_depth": {"space_to_depth": 2},
    "residual": {"residual": True},
    "dilated_centre": {"dilated_centre": 3},
    "all": {"space_to_depth": 4, "residual": True, "dilated_centre": 2},
}


@pytest.mark.parametrize("option", OPTIONS)
def test_options_keep_the_contract(option, images, tmp_path):
    config = dataclasses.replace(TINY, **OPTIONS[option])
    height, width = 16, 48
    model = build_unet(height, width, config)
    assert model.output_shape == (None, height, width, 1)
    assert model.output.dtype == "float32"
    photographs = np.random.default_rng(0).random((2, height, width, 3), np.float32)
    with tf.GradientTape() as tape:
        loss = BceDiceLoss()((photographs[..., :1] > 0.5), model(photographs, training=True))
    variables = [weight.value for weight in model.trainable_weights]
    for weight, gradient in zip(
        model.trainable_weights, tape.gradient(loss, variables), strict=True
    ):
        assert gradient is not None, weight.path
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(photographs), model(photographs))


def test_residual_levels_add_what_came_in():
    config = dataclasses.replace(TINY, residual=True)
    model = build_unet(8, 12, config)
    plain = build_unet(8, 12, TINY).count_params()
    # A 1x1 convolution and its batch normalization wherever the filters change: in both encoder
    # levels (3 to 2, 2 to 4) and both decoder levels (8 to 4, 6 to 2), not in the centre (4 to 4).
    shortcuts = sum(i * o + 4 * o for i, o in ((3, 2), (2, 4), (8, 4), (6, 2)))
    assert model.count_params() == plain + shortcuts
    # The centre: its convolutions silenced, what came in goes through the ReLU unchanged.
    silenced = model.get_layer("centre_0_batchnorm")
    silenced.set_weights([np.zeros(4), np.zeros(4), np.zeros(4), np.ones(4)])
    ends = keras.Model(
        model.input, [model.get_layer("encoder1_pool").output, model.get_layer("centre_out").output]
    )
    before, after = ends(np.random.default_rng(0).random((2, 8, 12, 3), np.float32))
    np.testing.assert_array_equal(after, before)


def test_dilated_centre_sees_further():
    # Which pixels of the centre's input reach the one in the middle of its output.
    def reach(convs):
        config = dataclasses.replace(TINY, dilated_centre=convs)
        model = build_unet(128, 128, config)
        inside = keras.Model(
            model.get_layer("encoder1_pool").output,
            model.get_layer("centre_out" if convs > 1 else "centre_0_relu").output,
        )
        features = tf.ones([1, 32, 32, 4])
        with tf.GradientTape() as tape:
            tape.watch(features)
            middle = inside(features)[0, 16, 16]
        return np.flatnonzero(np.abs(tape.gradient(middle, features)[0]).sum(axis=(1, 2)))

    for weights_seed, convs, radius in ((0, 1, 1), (0, 2, 3), (0, 3, 7)):
        keras.utils.set_random_seed(weights_seed)
        rows = reach(convs)
        assert (rows.min(), rows.max()) == (16 - radius, 16 + radius)


@pytest.mark.parametrize("encoder", ["MobileNetV2", "ResNet50V2", "EfficientNetV2B0"])
def test_encoder_of_keras_applications(encoder):
    config = UNetConfig(filters=2, max_filters=4, decoder_convs=1, encoder=encoder)
    model = build_unet(32, 64, config)
    assert model.output_shape == (None, 32, 64, 1)
    shapes = [model.get_layer(f"decoder{level}_skip").output.shape[1:3] for level in range(5)]
    assert shapes == [(32, 64), (16, 32), (8, 16), (4, 8), (2, 4)]
    assert model(np.zeros((1, 32, 64, 3), np.float32)).shape == (1, 32, 64, 1)
