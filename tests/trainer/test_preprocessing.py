import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipeline import features
from trainer.preprocessing import decode_image, decode_mask, parse_pixels
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
            shrink(decode_image(raw_bytes(raw, features.IMAGE)), size.height, size.width),
        )
        np.testing.assert_array_equal(
            tensor(row[features.MASK_TENSOR]),
            shrink(decode_mask(raw_bytes(raw, features.MASK)), size.height, size.width),
        )


def test_masks_are_soft_and_images_are_in_colour(transformed):
    rows = transformed.features["train"]
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


def test_id_and_full_size_mask_come_through_unchanged(transformed):
    for raw, row in zip(transformed.raw["val"], transformed.features["val"], strict=True):
        assert row[features.IMAGE_ID] == raw_bytes(raw, features.IMAGE_ID)
        assert row[features.MASK] == raw_bytes(raw, features.MASK)


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
