import dataclasses

import pytest

from pipeline.config import FitConfig, TrainerConfig, UNetConfig
from trainer.build_model import build_model
from trainer.initial_weights import load_initial_weights

UNET = UNetConfig(filters=4, depth=1, max_filters=8, encoder_convs=1, decoder_convs=1)


@pytest.fixture
def config(transformed):
    return TrainerConfig("cnn", transformed.size, UNET, FitConfig())


def test_a_file_that_is_not_there_is_named(transformed, tmp_path, config):
    model = build_model(config, transformed.dataset("train"))
    with pytest.raises(FileNotFoundError, match=r"no file .*none.h5. Give unet_fit.init"):
        load_initial_weights(model, str(tmp_path / "none.h5"))


def test_weights_of_another_architecture_are_refused(transformed, tmp_path, config):
    unet = dataclasses.replace(config, model="unet")
    build_model(unet, transformed.dataset("train")).save_weights(tmp_path / "unet.weights.h5")
    model = build_model(config, transformed.dataset("train"))
    with pytest.raises(ValueError, match="unet.weights.h5 does not fit this cnn"):
        load_initial_weights(model, str(tmp_path / "unet.weights.h5"))
