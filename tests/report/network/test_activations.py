"""Which layers are shown, for every kind of network, and what of them."""

import numpy as np
import pytest

from pipeline.config import FitConfig, InputConfig, TrainerConfig, UNetConfig
from report.network.activations import activations
from trainer.models.cnn import build_cnn
from trainer.models.unet import build_unet

IMAGE = np.random.default_rng(0).random((32, 64, 3), np.float32)


def shown(**changes):
    shape = UNetConfig(**{"filters": 4, "depth": 2} | changes)
    config = TrainerConfig("unet", InputConfig(32, 64), shape, FitConfig())
    return activations(build_unet(32, 64, shape), config, IMAGE)


def test_a_plain_unet():
    layers = shown(depth=3, max_filters=8)
    assert [(each.name, each.shape) for each in layers] == [
        ("encoder0_out", (32, 64, 4)),
        ("encoder1_out", (16, 32, 8)),
        ("encoder2_out", (8, 16, 8)),
        ("centre_out", (4, 8, 8)),
        ("decoder2_out", (8, 16, 8)),
        ("decoder1_out", (16, 32, 8)),
        ("decoder0_out", (32, 64, 4)),
        ("logits", (32, 64, 1)),
    ]
    assert [each.maps.shape[-1] for each in layers] == [4, 8, 8, 8, 8, 8, 4, 1]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"depth": 1}, ["encoder0_out", "centre_out", "decoder0_out", "logits"]),
        ({"depth": 1, "residual": True}, ["encoder0_out", "centre_out", "decoder0_out", "logits"]),
        (
            {"depth": 1, "dilated_centre": 1},
            ["encoder0_out", "centre_0_relu", "decoder0_out", "logits"],
        ),
        (
            {"depth": 1, "dilated_centre": 3},
            ["encoder0_out", "centre_out", "decoder0_out", "logits"],
        ),
        (
            {"depth": 2, "encoder_convs": 1, "decoder_convs": 1, "deep_supervision": 1},
            [
                *("encoder0_out", "encoder1_out", "centre_out"),
                *("decoder1_out", "decoder0_out", "logits"),
            ],
        ),
    ],
)
def test_its_options(changes, names):
    assert [each.name for each in shown(**changes)] == names


def test_behind_space_to_depth():
    layers = {each.name: each.shape for each in shown(depth=1, space_to_depth=4)}
    assert layers["encoder0_out"] == (8, 16, 4)
    assert layers["logits"] == (32, 64, 1)


def test_an_encoder_of_its_own():
    layers = shown(depth=5, encoder="MobileNetV2")
    assert [(each.name, each.shape[:2]) for each in layers[:6]] == [
        ("encoder0_out", (32, 64)),
        ("MobileNetV2, 1/2 of the size", (16, 32)),
        ("MobileNetV2, 1/4 of the size", (8, 16)),
        ("MobileNetV2, 1/8 of the size", (4, 8)),
        ("MobileNetV2, 1/16 of the size", (2, 4)),
        ("centre_out", (1, 2)),
    ]
    assert len(layers) == 5 + 1 + 5 + 1


def test_every_convolution_of_the_cnn():
    model = build_cnn(32, 64)
    config = TrainerConfig("cnn", InputConfig(32, 64), UNetConfig(), FitConfig())
    conv1, conv2, logits = activations(model, config, IMAGE)
    assert (conv1.name, conv1.shape) == ("conv1", (32, 64, 16))
    assert (conv2.name, conv2.shape) == ("conv2", (32, 64, 32))
    np.testing.assert_allclose(logits.maps, model(IMAGE[None])[0], rtol=1e-5)


def test_the_maps_that_vary_most_come_first_and_silent_ones_are_counted():
    model = build_cnn(32, 64)
    kernel = np.zeros((3, 3, 3, 16), np.float32)
    # Map k is the red of the photograph times k, but for the last three.
    kernel[1, 1, 0, :13] = np.arange(1, 14)
    kernel[1, 1, 0, 13:] = -1.0
    model.get_layer("conv1").kernel.assign(kernel)
    config = TrainerConfig("cnn", InputConfig(32, 64), UNetConfig(), FitConfig())
    conv1 = activations(model, config, IMAGE)[0]
    assert conv1.silent == 3  # ReLU leaves nothing of a negative weight.
    expected = IMAGE[..., :1] * np.arange(13, 5, -1, dtype=np.float32)
    np.testing.assert_allclose(conv1.maps, expected, rtol=1e-5)
