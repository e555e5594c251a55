import h5py
import keras
import numpy as np
import pytest

from trainer.models.pretrained_encoder import pretrained_encoder

NAMES = ("MobileNetV2", "ResNet50V2", "EfficientNetV2B0")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("something was about to be downloaded")

    monkeypatch.setattr(keras.utils, "get_file", refuse)
    # What keras.applications calls it by.
    monkeypatch.setattr("keras.src.utils.file_utils.get_file", refuse)


def application(name, size=64, **options):
    return getattr(keras.applications, name)(
        include_top=False, weights=None, input_shape=(size, size, 3), **options
    )


def encoder(name, weights="", height=64, width=64):
    images = keras.Input((height, width, 3))
    return keras.Model(images, pretrained_encoder(images, name, str(weights), 0.9))


def weights_of(model):
    return {weight.path.split("/", 1)[-1]: weight.numpy() for weight in model.weights}


def save_as_published(model, path):
    """Writes the older layout, which the files of keras.applications have."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            names = [weight.path + ":0" for weight in layer.weights]
            group.attrs["weight_names"] = names
            for name, value in zip(names, layer.get_weights(), strict=True):
                group.create_dataset(name, data=value)


@pytest.fixture(scope="module")
def mobilenet():
    """MobileNetV2 whose every weight, running statistics too, differs from the initial one."""
    model = application("MobileNetV2")
    rng = np.random.default_rng(0)
    model.set_weights([rng.random(weight.shape, np.float32) for weight in model.get_weights()])
    return model


@pytest.fixture(scope="module")
def mobilenet_file(mobilenet, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    mobilenet.save_weights(path)
    return path


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("MobileNetV2", [96, 144, 192, 576, 1280]),
        ("ResNet50V2", [64, 64, 128, 256, 2048]),
        ("EfficientNetV2B0", [16, 32, 192, 672, 1280]),
    ],
)
def test_features_halve_from_the_finest_down(name, channels):
    model = encoder(name, width=96)
    strides = (2, 4, 8, 16, 32)
    assert model.output_shape == [
        (None, 64 // stride, 96 // stride, count)
        for stride, count in zip(strides, channels, strict=True)
    ]
    assert model.get_layer(name).count_params() == application(name).count_params()


@pytest.mark.parametrize("name", NAMES)
def test_each_feature_is_the_last_of_its_resolution(name):
    # 128 pixels, so that padding by a pixel or two makes no size that is another stride's.
    body = application(name, size=128)
    kept = encoder(name, height=128, width=128).get_layer(name)
    last = {}
    for layer in body.layers:
        last[tuple(layer.output.shape[1:3])] = layer.name
    finest_first = [last[size, size] for size in (64, 32, 16, 8, 4)]
    assert kept.output_names == finest_first


def test_values_are_scaled_to_plus_minus_one():
    for name in ("MobileNetV2", "ResNet50V2"):
        model = encoder(name)
        scaled = keras.Model(model.input, model.get_layer("encoder_values").output)
        images = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
        preprocess = {
            "MobileNetV2": keras.applications.mobilenet_v2.preprocess_input,
            "ResNet50V2": keras.applications.resnet_v2.preprocess_input,
        }[name]
        np.testing.assert_allclose(scaled(images), preprocess(255.0 * images), atol=1e-6)


def test_efficientnet_scales_as_its_own_preprocessing_does(tmp_path):
    with_its_own = application("EfficientNetV2B0", include_preprocessing=True)
    path = tmp_path / "own.weights.h5"
    application("EfficientNetV2B0", include_preprocessing=False).save_weights(path)
    with_its_own.load_weights(path)
    images = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
    np.testing.assert_allclose(
        encoder("EfficientNetV2B0", path)(images)[-1], with_its_own(255.0 * images), atol=1e-5
    )


class TestWeights:
    def test_are_those_of_the_file(self, mobilenet, mobilenet_file):
        loaded = weights_of(encoder("MobileNetV2", mobilenet_file).get_layer("MobileNetV2"))
        expected = weights_of(mobilenet)
        assert loaded.keys() == expected.keys()
        for path, value in expected.items():
            np.testing.assert_array_equal(loaded[path], value, err_msg=path)

    def test_of_the_published_layout_load_too(self, mobilenet, tmp_path):
        path = tmp_path / "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5"
        save_as_published(mobilenet, path)
        loaded = encoder("MobileNetV2", path).get_layer("MobileNetV2").get_weights()
        for value, expected in zip(loaded, mobilenet.get_weights(), strict=True):
            np.testing.assert_array_equal(value, expected)

    @pytest.mark.parametrize("name", ["ResNet50V2", "EfficientNetV2B0"])
    def test_of_the_other_networks_load_too(self, name, tmp_path):
        body = application(name)
        path = tmp_path / "body.weights.h5"
        body.save_weights(path)
        loaded = encoder(name, path).get_layer(name).get_weights()
        for value, expected in zip(loaded, body.get_weights(), strict=True):
            np.testing.assert_array_equal(value, expected)

    def test_are_random_without_a_file(self):
        first, second = (encoder("MobileNetV2").get_weights()[0] for _ in range(2))
        assert (first != second).any()

    def test_can_all_be_fitted(self):
        model = encoder("MobileNetV2")
        assert len(model.trainable_weights) == len(application("MobileNetV2").trainable_weights)


class TestErrors:
    def test_a_missing_file_is_named_with_what_to_do(self, tmp_path):
        with pytest.raises(FileNotFoundError) as raised:
            encoder("MobileNetV2", tmp_path / "none.h5")
        message = str(raised.value)
        assert f"unet.encoder_weights='{tmp_path}/none.h5' is not a file" in message
        assert "put MobileNetV2's weights without its top there" in message
        assert "leave unet.encoder_weights empty" in message

    @pytest.mark.parametrize("file", ["a.h5", "a.weights.h5", "a.keras", "a.txt"])
    def test_what_is_no_weights_file_is_named(self, file, tmp_path):
        (tmp_path / file).write_bytes(b"no weights")
        with pytest.raises(ValueError, match=r"unet\.encoder_weights=.* does not hold the weights"):
            encoder("MobileNetV2", tmp_path / file)

    @pytest.mark.parametrize("file", ["a.h5", "a.weights.h5"])
    def test_an_empty_archive_is_named(self, file, tmp_path):
        h5py.File(tmp_path / file, "w").close()
        with pytest.raises(ValueError, match="does not hold the weights of MobileNetV2"):
            encoder("MobileNetV2", tmp_path / file)

    def test_another_networks_file_is_named_with_what_to_do(self, mobilenet_file):
        with pytest.raises(ValueError, match="does not hold the weights of ResNet50V2") as raised:
            encoder("ResNet50V2", mobilenet_file)
        message = str(raised.value)
        assert f"unet.encoder_weights='{mobilenet_file}'" in message
        assert "leave unet.encoder_weights empty" in message
        assert "\n" not in message

    def test_another_networks_published_file_is_named(self, mobilenet, tmp_path):
        save_as_published(mobilenet, tmp_path / "mobilenet.h5")
        with pytest.raises(ValueError, match="does not hold the weights of EfficientNetV2B0"):
            encoder("EfficientNetV2B0", tmp_path / "mobilenet.h5")

    def test_a_network_without_a_name_is_refused(self):
        with pytest.raises(ValueError, match=r"unet\.encoder='plain' is none of MobileNetV2"):
            encoder("plain")
