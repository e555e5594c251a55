import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipeline import features
from pipeline.config import PhotographLimits, PredictionConfig
from serving.server.servable import Servable
from trainer import rle, signatures
from trainer.preprocessing import parse_pixels
from trainer.resize import enlarge

# Not one half, which a forgotten threshold would be.
THRESHOLD = 140 / 256
LIMITS = PhotographLimits()


class MixChannels(keras.layers.Layer):
    """A weight per channel: the same bits in every graph, where a convolution may lose the last."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(3,), name="kernel")

    def call(self, images):
        return keras.ops.sum(images * self.kernel, axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def model():
    """A model whose answers take both sides of the threshold."""
    images = keras.Input((16, 24, 3))
    layer = MixChannels()
    model = keras.Model(images, layer(images))
    layer.set_weights([np.array([3.0, 0.7, -2.0])])
    return model


@pytest.fixture(scope="module")
def servable(model, transformed, tmp_path_factory):
    """The exported model, loaded as TensorFlow Serving loads it."""
    path = str(tmp_path_factory.mktemp("export") / "1")
    signatures.export(
        model, transformed.graph, transformed.size, THRESHOLD, path, PredictionConfig(), LIMITS
    )
    with Servable.load(path) as loaded:
        yield loaded


@pytest.fixture
def ask(servable):
    def ask(signature, output, *photographs):
        images = np.array(photographs, dtype=object)
        return servable.predict({signatures.IMAGE_BYTES: images}, signature)[output]

    return ask


@pytest.fixture
def masks_of(ask):
    def masks_of(*photographs):
        files = ask("serving_default", signatures.MASK_PNG_BYTES, *photographs)
        return [cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED) for file in files]

    return masks_of


def raw_image(example):
    return example.features.feature[features.IMAGE].bytes_list.value[0]


def test_there_are_exactly_the_three_signatures(servable):
    assert {
        name: (list(signature.inputs), list(signature.outputs))
        for name, signature in servable.signatures.items()
    } == {
        "serving_default": (["image_bytes"], ["mask_png_bytes"]),
        "rle": (["image_bytes"], ["rle"]),
        "probability": (["image_bytes"], ["probability"]),
    }


@pytest.mark.parametrize("split", ["train", "val"])
def test_serving_preprocesses_bit_for_bit_as_training_did(split, transformed, model, ask):
    images = [
        parse_pixels(row[features.IMAGE_TENSOR], transformed.size.height, transformed.size.width, 3)
        for row in transformed.features[split]
    ]
    in_training = tf.sigmoid(model(tf.stack(images), training=False)).numpy()[..., 0]
    served = ask("probability", signatures.PROBABILITY, *map(raw_image, transformed.raw[split]))
    assert served.dtype == np.float32
    np.testing.assert_array_equal(served, in_training)


def test_each_mask_has_its_photographs_own_size(masks_of, image_file):
    masks = masks_of(
        image_file(40, 30),
        image_file(31, 57, kind="PNG"),
        image_file(24, 16),
        image_file(5, 3, kind="PNG"),
        image_file(301, 4),
    )
    assert [mask.shape for mask in masks] == [(30, 40), (57, 31), (16, 24), (3, 5), (4, 301)]


def test_mask_is_the_enlarged_probability_cut_at_the_threshold(ask, masks_of, image_file):
    sizes = [(40, 30), (61, 47), (24, 16)]
    photographs = [image_file(*size, seed) for seed, size in enumerate(sizes)]
    small = ask("probability", signatures.PROBABILITY, *photographs)
    for (width, height), probability, mask in zip(
        sizes, small, masks_of(*photographs), strict=True
    ):
        assert mask.dtype == np.uint8
        car = enlarge(tf.constant(probability), height, width).numpy() > THRESHOLD
        assert car.any()
        assert not car.all()
        np.testing.assert_array_equal(mask, np.where(car, 255, 0))


def test_rle_is_that_of_the_mask(ask, masks_of, image_file):
    photographs = [image_file(40, 30, 0), image_file(31, 57, 1, "PNG")]
    encoded = ask("rle", signatures.RLE, *photographs)
    masks = masks_of(*photographs)
    assert [text.decode() for text in encoded] == [rle.encode(mask) for mask in masks]


def test_a_photographs_answer_does_not_depend_on_its_batch(ask, masks_of, image_file):
    photographs = [image_file(40, 30, 0), image_file(31, 57, 1, "PNG"), image_file(33, 44, 2)]
    together = masks_of(*photographs)
    for photograph, mask in zip(photographs, together, strict=True):
        np.testing.assert_array_equal(masks_of(photograph)[0], mask)


def test_an_empty_batch_gets_an_empty_answer(ask):
    assert ask("probability", signatures.PROBABILITY).shape == (0, 16, 24)
    assert ask("serving_default", signatures.MASK_PNG_BYTES).shape == (0,)


class TestKindsOfFile:
    """Photographs of the same pixels get the same mask, whatever file they come in."""

    @pytest.fixture
    def rgb(self, pixels_of_image):
        return pixels_of_image(40, 30)

    def test_png_with_alpha(self, rgb, masks_of, file_of):
        alpha = np.random.default_rng(0).integers(0, 256, (30, 40, 1), np.uint8)
        plain, with_alpha = masks_of(
            file_of(rgb, "PNG"), file_of(np.concatenate([rgb, alpha], axis=-1), "PNG")
        )
        np.testing.assert_array_equal(with_alpha, plain)

    def test_palette_png(self, rgb, masks_of, file_of):
        palette = Image.fromarray(rgb).quantize(16)
        plain, indexed = masks_of(file_of(palette.convert("RGB"), "PNG"), file_of(palette, "PNG"))
        np.testing.assert_array_equal(indexed, plain)

    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_gray(self, kind, rgb, masks_of, file_of):
        gray = rgb[..., 0]
        of_gray, of_png = masks_of(file_of(gray, kind), file_of(np.dstack([gray] * 3), "PNG"))
        assert of_gray.shape == (30, 40)
        # JPEG loses a little.
        assert (of_gray != of_png).mean() < (0.1 if kind == "JPEG" else 1e-9)

    def test_progressive_jpeg(self, rgb, masks_of, file_of):
        plain, progressive = masks_of(file_of(rgb, "JPEG"), file_of(rgb, "JPEG", progressive=True))
        np.testing.assert_array_equal(progressive, plain)


@pytest.fixture(scope="module")
def replies(transformed, tmp_path_factory):
    """Exports a model that looks to the left with each config, and asks it."""
    images = keras.Input((16, 24, 3))
    looks_left = keras.layers.ZeroPadding2D(((0, 0), (1, 0)))(images)[:, :, :-1]
    logits = MixChannels(name="mix")(images - 0.9 * looks_left)
    model = keras.Model(images, logits)
    model.get_layer("mix").set_weights([np.array([9.0, 4.0, -6.0])])
    files = [raw_image(example) for example in transformed.raw["val"]]

    def ask(config):
        path = str(tmp_path_factory.mktemp("prediction") / "1")
        signatures.export(
            model, transformed.graph, transformed.size, THRESHOLD, path, config, LIMITS
        )
        feed = {signatures.IMAGE_BYTES: np.array(files, dtype=object)}
        with Servable.load(path) as loaded:
            probability = loaded.predict(feed, "probability")[signatures.PROBABILITY]
            pngs = loaded.predict(feed, "serving_default")[signatures.MASK_PNG_BYTES]
        masks = [cv2.imdecode(np.frombuffer(f, np.uint8), cv2.IMREAD_UNCHANGED) for f in pngs]
        return probability, masks

    pixels = [
        parse_pixels(row[features.IMAGE_TENSOR], 16, 24, 3) for row in transformed.features["val"]
    ]
    stack = tf.stack(pixels)
    ours = model(stack).numpy()[..., 0]
    mirrored = model(stack[:, :, ::-1]).numpy()[:, :, ::-1, 0]
    return ask, ours, mirrored


def test_flip_averaging_is_the_mean_of_both_answers(replies):
    ask, ours, mirrored = replies
    probability, _ = ask(PredictionConfig(flip_average=True))
    expected = (tf.sigmoid(ours) + tf.sigmoid(mirrored)) / 2
    np.testing.assert_allclose(probability, expected, atol=1e-6)
    assert np.abs(probability - tf.sigmoid(ours)).max() > 0.1


def test_enlarged_logits_are_cut_at_the_thresholds_logit(replies):
    ask, ours, mirrored = replies
    probability, masks = ask(PredictionConfig(flip_average=True, enlarge="logits"))
    logits = (np.clip(ours, -8, 8) + np.clip(mirrored, -8, 8)) / 2
    np.testing.assert_allclose(probability, tf.sigmoid(logits), atol=1e-6)
    for small, mask in zip(logits, masks, strict=True):
        enlarged = tf.sigmoid(enlarge(tf.constant(small), *mask.shape)).numpy()
        clear = np.abs(enlarged - THRESHOLD) > 1e-4
        np.testing.assert_array_equal((mask > 0)[clear], (enlarged > THRESHOLD)[clear])


def test_the_vocabulary_of_makes_is_no_part_of_a_mask_model(model, transformed, tmp_path):
    signatures.export(
        model,
        transformed.graph,
        transformed.size,
        THRESHOLD,
        str(tmp_path / "1"),
        PredictionConfig(),
        LIMITS,
    )
    assert [path for path in (tmp_path / "1").rglob("*") if b"Cyan" in _content(path)] == []
    assert list((tmp_path / "1" / "assets").iterdir()) == []


def _content(path):
    return path.read_bytes() if path.is_file() else b""
