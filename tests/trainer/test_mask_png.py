import io
import zlib

import cv2
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from trainer.mask_png import encode_mask


@given(
    st.integers(1, 40), st.integers(1, 300), st.integers(0, 99), st.sampled_from([0.02, 0.5, 1.0])
)
def test_every_decoder_gives_the_mask_back(height, width, seed, share):
    mask = np.random.default_rng(seed).random((height, width)) < share
    png = encode_mask(tf.constant(mask)).numpy()
    expected = np.where(mask, 255, 0)
    for flag in (cv2.IMREAD_UNCHANGED, cv2.IMREAD_GRAYSCALE):
        np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(png, np.uint8), flag), expected)
    np.testing.assert_array_equal(tf.io.decode_png(png, channels=1)[..., 0], expected)
    with Image.open(io.BytesIO(png)) as image:
        assert (image.mode, image.size) == ("L", (width, height))
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("size", [(1, 1), (1280, 1918), (3, 65_537), (70_001, 2)])
def test_the_headers_checksum_is_right(size):
    png = encode_mask(tf.zeros(size, tf.bool)).numpy()
    assert int.from_bytes(png[29:33], "big") == zlib.crc32(png[12:29])
    assert png[16:24] == size[1].to_bytes(4, "big") + size[0].to_bytes(4, "big")


def test_it_is_smaller_than_with_a_byte_per_pixel():
    rows, columns = np.mgrid[:1280, :1918]
    mask = tf.constant((rows - 640) ** 2 + (columns - 900) ** 2 < 400**2)
    as_bytes = tf.io.encode_png(tf.cast(mask, tf.uint8)[..., None] * 255).numpy()
    assert len(encode_mask(mask).numpy()) < len(as_bytes)


def test_it_becomes_part_of_a_graph():
    graph = tf.function(encode_mask, input_signature=[tf.TensorSpec([None, None], tf.bool)])
    mask = np.random.default_rng(0).random((9, 21)) < 0.5
    assert graph(mask).numpy() == encode_mask(tf.constant(mask)).numpy()
