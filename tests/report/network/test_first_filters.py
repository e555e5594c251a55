import cv2
import keras
import numpy as np
import pytest

from pipeline.config import UNetConfig
from report.network.first_filters import first_filters, unfolded
from trainer.models.cnn import build_cnn
from trainer.models.space_to_depth import SpaceToDepth
from trainer.models.unet import build_unet


def test_an_unfolded_filter_gives_the_same_answers_as_the_folded_one():
    rng = np.random.default_rng(0)
    image = rng.normal(size=(1, 24, 24, 3)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 4 * 4 * 3, 2)).astype(np.float32)
    folded = keras.ops.conv(SpaceToDepth(4)(image), kernel, padding="valid")
    filters = unfolded(kernel, 4, "conv")
    assert filters.shape == (2, 12, 12, 3)
    plain = keras.ops.conv(image, filters.transpose(1, 2, 3, 0), strides=4, padding="valid")
    np.testing.assert_allclose(np.asarray(plain), np.asarray(folded), rtol=1e-4, atol=1e-4)


def test_red_green_and_blue_of_a_filter():
    model = build_cnn(8, 8)
    kernel = np.zeros((3, 3, 3, 16), np.float32)
    kernel[0, 0, 0, 0] = 0.5  # The first filter wants red in its corner,
    kernel[0, 0, 2, 1] = -9.0  # the second no blue there.
    model.get_layer("conv1").kernel.assign(kernel)
    [filters] = first_filters(model)
    assert (filters.name, filters.count, filters.side, filters.shown) == ("conv1", 16, 3, 16)
    tile = 48
    assert filters.drawing.shape == (2 * tile + 4, 8 * tile + 7 * 4, 3)
    assert filters.drawing[0, 0].tolist() == [128, 128, 255]
    assert filters.drawing[0, tile + 4].tolist() == [0, 128, 128]
    assert (filters.drawing[16:tile, 16:tile] == 128).all()
    # A filter of noughts is grey, the gap black.
    assert (filters.drawing[tile + 4 :, :tile] == 128).all()
    assert (filters.drawing[:, tile : tile + 4] == 0).all()


@pytest.mark.parametrize("block", [1, 4])
def test_of_a_unet(block):
    model = build_unet(32, 32, UNetConfig(filters=40, depth=2, space_to_depth=block))
    [filters] = first_filters(model, block)
    assert (filters.name, filters.count, filters.shown) == ("encoder0_0_conv", 40, 32)
    assert filters.side == 3 * block


def test_of_an_encoder_of_its_own():
    model = build_unet(32, 32, UNetConfig(filters=4, depth=5, encoder="MobileNetV2"))
    own, encoder = first_filters(model)
    assert (own.name, own.count) == ("encoder0_0_conv", 4)
    assert (encoder.name, encoder.count, encoder.side) == ("Conv1", 32, 3)
    assert len(cv2.imencode(".jpg", encoder.drawing)[1]) < 40_000


def test_a_filter_that_reads_no_colours_is_refused():
    with pytest.raises(ValueError, match="layer conv reads 7 channels"):
        unfolded(np.zeros((3, 3, 7, 2), np.float32), 1, "conv")
