import io

import cv2
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from trainer.jpeg import compress


@pytest.fixture(scope="module")
def photograph():
    """Edges, gradients and colours, uint8 [43, 61, 3]: neither side a multiple of 8."""
    rows, columns = np.meshgrid(np.arange(43), np.arange(61), indexing="ij")
    planes = [columns * 4, rows * 5, 128 + 100 * np.sin(columns / 3.0)]
    image = np.stack(planes, axis=-1).astype(np.uint8)
    cv2.circle(image, (30, 20), 12, (230, 40, 10), -1)
    cv2.putText(image, "8x8", (8, 38), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (10, 250, 200), 1)
    return cv2.GaussianBlur(image, (3, 3), 0)


def compressed(images, qualities):
    """Levels, uint8, as everything the function returns is a level."""
    result = compress(tf.constant(images, tf.float32) / 255.0, tf.constant(qualities)).numpy()
    assert result.dtype == np.float32
    assert result.min() >= 0.0
    assert result.max() <= 1.0
    np.testing.assert_allclose(result * 255, np.round(result * 255), atol=1e-4)
    return np.round(result * 255).astype(np.uint8)


def pillow(image, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("quality", [1, 10, 25, 49, 50, 51, 75, 90, 100])
def test_equals_what_libjpeg_makes_of_the_same_quality(photograph, quality):
    [found] = compressed(photograph[None], [quality])
    expected = pillow(photograph, quality)
    lost = abs(expected.astype(int) - photograph).mean()
    difference = abs(found.astype(int) - expected)
    # In levels of 256. libjpeg counts in integers, which now and then rounds the other way; at the
    # highest quality rounding is all that is lost.
    assert difference.mean() < 0.4
    assert difference.mean() < (0.25 if quality < 100 else 0.5) * lost


def test_the_lower_the_quality_the_more_is_lost(photograph):
    qualities = [5, 20, 60, 95]
    found = compressed(np.stack([photograph] * 4), qualities)
    lost = abs(found.astype(int) - photograph).mean(axis=(1, 2, 3))
    assert (np.diff(lost) < 0).all()
    for image, quality in zip(found, qualities, strict=True):
        np.testing.assert_array_equal(image, compressed(photograph[None], [quality])[0])


def test_flat_colours_survive():
    colours = np.array([[0, 0, 0], [255, 255, 255], [128, 128, 128], [200, 30, 90]], np.uint8)
    images = np.broadcast_to(colours[:, None, None], (4, 11, 8, 3))
    found = compressed(images, [100] * 4)
    assert abs(found.astype(int) - images).max() <= 2


def test_a_photograph_smaller_than_a_block_keeps_its_size():
    [found] = compressed(np.full((1, 3, 5, 3), 77), [90])
    np.testing.assert_allclose(found, np.full((3, 5, 3), 77), atol=1)


def test_no_photograph_is_a_batch_too():
    empty = compress(tf.zeros([0, 9, 8, 3]), tf.zeros([0], tf.int32))
    assert empty.shape == (0, 9, 8, 3)
