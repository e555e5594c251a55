import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from pipeline import features
from trainer.make_classifier.make_fit import fitted_makes
from trainer.make_classifier.make_photographs import makes_and_cars
from trainer.preprocessing import decode_image, decode_mask, parse_pixels, small_image
from trainer.resize import shrink


def raw_bytes(example, name):
    return example.features.feature[name].bytes_list.value[0]


def tensor(serialized):
    return tf.io.parse_tensor(serialized, tf.uint8).numpy()


@pytest.mark.parametrize("split", ["train", "val"])
def test_tensors_are_the_shrunk_files(transformed, split):
    size = transformed.size
    assert len(transformed.features[split]) == len(transformed.raw[split])
    for raw, row in zip(transformed.raw[split], transformed.features[split], strict=True):
        np.testing.assert_array_equal(
            tensor(row[features.IMAGE_TENSOR]),
            small_image(raw_bytes(raw, features.IMAGE), size.height, size.width),
        )
        np.testing.assert_array_equal(
            tensor(row[features.MASK_TENSOR]),
            shrink(decode_mask(raw_bytes(raw, features.MASK)), size.height, size.width),
        )


@pytest.mark.parametrize("split", ["train", "val"])
def test_masks_are_soft_and_images_are_in_colour(split, transformed):
    rows = transformed.features[split]
    assert any(np.setdiff1d(tensor(row[features.MASK_TENSOR]), [0, 255]).size for row in rows)
    for row in rows:
        red, _, blue = np.moveaxis(tensor(row[features.IMAGE_TENSOR]).astype(int), -1, 0)
        mask = tensor(row[features.MASK_TENSOR])[..., 0]
        # The car of these photographs is red, the backdrop blue.
        assert (red - blue)[mask == 255].mean() > 50
        assert (red - blue)[mask == 0].mean() < -50


@pytest.mark.parametrize("split", ["train", "val"])
def test_average_mask_is_the_mean_over_the_analysed_split_in_every_example(transformed, split):
    mean = np.mean(
        [tensor(row[features.MASK_TENSOR]) for row in transformed.features["train"]], axis=0
    )
    assert len(np.unique(mean)) > 2
    for row in transformed.features[split]:
        np.testing.assert_array_equal(
            tensor(row[features.AVERAGE_MASK_TENSOR]), np.round(mean).astype(np.uint8)
        )


def test_names_and_full_size_mask_come_through_unchanged(transformed):
    for raw, row in zip(transformed.raw["val"], transformed.features["val"], strict=True):
        for name in (features.IMAGE_ID, features.GROUP_ID, features.MAKE, features.MASK):
            assert row[name] == raw_bytes(raw, name), name


def test_the_vocabulary_is_the_training_splits_makes_the_most_common_first(transformed):
    # Neither the unknown make, nor the one that only val has.
    first, *others = transformed.graph.vocabulary_by_name(features.MAKE_VOCABULARY)
    assert first == b"Bolt"
    assert sorted(others) == [b"Acme", b"Cyan & Co"]


def test_photographs_whose_makes_are_all_unknown(transform, raw_example):
    nameless = transform({"train": [raw_example("a_01", make=b""), raw_example("b_01", make=b"")]})
    assert [row[features.MAKE] for row in nameless.features["train"]] == [b"", b""]
    # Transform's filler, which is no make of any photograph.
    vocabulary = nameless.graph.vocabulary_by_name(features.MAKE_VOCABULARY)
    cars = makes_and_cars(nameless.dataset("train"))
    assert fitted_makes(cars, [make.decode() for make in vocabulary]) == ()


def test_decode_image_returns_rgb_of_every_kind_of_file(pixels_of_image, file_of):
    rgb = pixels_of_image(9, 5)
    np.testing.assert_array_equal(decode_image(file_of(rgb, "PNG")), rgb)
    # The alpha channel is dropped, not blended in.
    alpha = np.full((5, 9, 1), 7, np.uint8)
    np.testing.assert_array_equal(
        decode_image(file_of(np.concatenate([rgb, alpha], axis=-1), "PNG")), rgb
    )
    gray = rgb[..., 0]
    np.testing.assert_array_equal(decode_image(file_of(gray, "PNG")), np.dstack([gray] * 3))
    # JPEG decoders differ by a few levels.
    jpeg = file_of(rgb, "JPEG")
    decoded = np.asarray(Image.open(io.BytesIO(jpeg)), np.int16)
    np.testing.assert_allclose(decode_image(jpeg), decoded, atol=8)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_decode_image_shows_it_as_pillow_does(orientation, kind, pixels_of_image, file_of):
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = file_of(pixels_of_image(40, 30), kind, exif=exif)
    shown = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(file))), np.int16)
    decoded = decode_image(tf.constant(file)).numpy()
    assert decoded.shape == ((30, 40, 3) if orientation < 5 else (40, 30, 3))
    # JPEG decoders differ by a few levels.
    np.testing.assert_allclose(decoded, shown, atol=8 if kind == "JPEG" else 0)


class TestSmallImage:
    """A model of 16 x 24 pixels, height times width."""

    @pytest.mark.parametrize(
        ("width", "height", "ratio"),
        [
            (40, 30, 1),  # A half would be lower than the model.
            (48, 32, 2),
            (47, 64, 1),
            (48, 66, 2),
            (96, 64, 4),
            (100, 68, 4),
            (192, 128, 8),
            (384, 256, 8),
            (23, 128, 1),
        ],
    )
    @pytest.mark.parametrize("orientation", [1, 6])
    def test_a_jpeg_is_decoded_as_small_as_it_may(
        self, width, height, ratio, orientation, pixels_of_image, file_of
    ):
        exif = Image.Exif()
        exif[0x0112] = orientation
        shown = pixels_of_image(width, height)
        stored = np.rot90(shown) if orientation == 6 else shown
        jpeg = file_of(stored, "JPEG", exif=exif)
        decoded = tf.io.decode_jpeg(jpeg, channels=3, ratio=ratio)
        upright = np.rot90(decoded, -1) if orientation == 6 else decoded
        np.testing.assert_array_equal(small_image(jpeg, 16, 24), shrink(upright, 16, 24))

    def test_a_png_is_decoded_whole(self, pixels_of_image, file_of):
        pixels = pixels_of_image(96, 64)
        np.testing.assert_array_equal(
            small_image(file_of(pixels, "PNG"), 16, 24), shrink(pixels, 16, 24)
        )

    @pytest.mark.parametrize("ratio", [2, 4, 8])
    def test_what_it_shows_stays_in_its_place(self, ratio, file_of):
        # Bars along both sides: with another geometry the last ones would move most.
        height, width = 16 * ratio, 24 * ratio
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:, 4 * ratio : 7 * ratio], pixels[-3 * ratio : -ratio] = 255, 255
        pixels[:, -2 * ratio :] = 255
        small = small_image(file_of(pixels, "JPEG", quality=95), 16, 24)
        np.testing.assert_allclose(small, shrink(pixels, 16, 24), atol=12)


def test_decode_mask_keeps_its_values(pixels_of_mask, file_of):
    mask = pixels_of_mask(9, 5)
    np.testing.assert_array_equal(decode_mask(file_of(mask, "PNG"))[..., 0], mask)


def test_parse_pixels_scales_to_one():
    pixels = np.arange(0, 240, 20, np.uint8).reshape(2, 2, 3)
    pixels[1, 1, 2] = 255
    parsed = parse_pixels(tf.io.serialize_tensor(pixels), 2, 2, 3)
    assert parsed.dtype == tf.float32
    np.testing.assert_allclose(parsed, pixels / 255.0, rtol=1e-7)
    assert parsed.numpy().max() == 1.0


def test_parse_pixels_refuses_another_size():
    with pytest.raises(tf.errors.InvalidArgumentError, match="not compatible"):
        parse_pixels(tf.io.serialize_tensor(np.zeros((2, 3, 1), np.uint8)), 3, 2, 1)
