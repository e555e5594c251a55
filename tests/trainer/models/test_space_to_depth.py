import numpy as np
import pytest
import tensorflow as tf

from trainer.models.space_to_depth import DepthToSpace, SpaceToDepth


@pytest.mark.parametrize("block", [1, 2, 4])
def test_equals_tensorflows_operations(block):
    images = np.random.default_rng(0).random((2, 8, 16, 3), np.float32)
    folded = SpaceToDepth(block)(images)
    expected = tf.nn.space_to_depth(images, block) if block > 1 else images
    np.testing.assert_array_equal(folded, expected)
    np.testing.assert_array_equal(DepthToSpace(block)(folded), images)


def test_each_block_becomes_one_pixel():
    [[[pixel, _]]] = SpaceToDepth(2)(np.arange(8.0, dtype=np.float32).reshape(1, 2, 4, 1))
    assert pixel.numpy().tolist() == [0.0, 1.0, 4.0, 5.0]
