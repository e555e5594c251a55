import cv2
import numpy as np
import pytest
import tensorflow as tf

from trainer.blur import blur


@pytest.fixture
def images():
    return np.random.default_rng(0).random((4, 17, 13, 3), np.float32)


def by_opencv(image, sigma):
    """OpenCV's kernel, cut at 8 standard deviations; what lies outside does not count."""
    size = 2 * int(np.ceil(8 * sigma)) + 1
    weights = np.ones(image.shape[:2], np.float32)
    blurred, inside = (
        cv2.GaussianBlur(picture, (size, size), sigma, borderType=cv2.BORDER_CONSTANT)
        for picture in (image, weights)
    )
    return blurred / inside[..., None]


@pytest.mark.parametrize("sigma", [0.3, 1.0, 3.0])
def test_equals_opencvs_blur(images, sigma):
    blurred = blur(tf.constant(images), tf.fill([4], sigma)).numpy()
    expected = np.stack([by_opencv(image, sigma) for image in images])
    np.testing.assert_allclose(blurred, expected, atol=1e-5)


def test_each_photograph_has_its_own_amount(images):
    sigma = np.array([0.5, 3.0, 1.0, 2.0], np.float32)
    blurred = blur(tf.constant(images), tf.constant(sigma)).numpy()
    for image, after, amount in zip(images, blurred, sigma, strict=True):
        np.testing.assert_allclose(after, by_opencv(image, float(amount)), atol=1e-5)


def test_a_point_becomes_a_bell_as_wide_as_asked_for():
    point = np.zeros((1, 31, 31, 1), np.float32)
    point[0, 15, 15] = 1.0
    bell = blur(tf.constant(point), tf.constant([2.0])).numpy()[0, :, :, 0]
    np.testing.assert_allclose(bell.sum(), 1.0, atol=1e-5)
    np.testing.assert_allclose(bell, bell.T, atol=1e-7)
    offsets = np.arange(31) - 15
    np.testing.assert_allclose((bell.sum(axis=0) * offsets**2).sum(), 2.0**2, rtol=1e-3)


def test_next_to_no_blur_changes_nothing(images):
    for sigma in (1e-7, 1e-3, 0.1):
        blurred = blur(tf.constant(images), tf.fill([4], sigma))
        np.testing.assert_allclose(blurred, images, atol=1e-6)


def test_a_flat_photograph_stays_as_it_is_up_to_the_edge():
    flat = np.full((1, 9, 6, 3), 1.0, np.float32)
    blurred = blur(tf.constant(flat), tf.constant([3.0])).numpy()
    np.testing.assert_allclose(blurred, flat, atol=1e-6)
    assert blurred.max() <= 1.0


def test_no_photograph_is_a_batch_too():
    assert blur(tf.zeros([0, 5, 4, 3]), tf.zeros([0])).shape == (0, 5, 4, 3)
