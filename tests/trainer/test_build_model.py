import dataclasses

import numpy as np
import tensorflow as tf

from pipeline.config import FitConfig, TrainerConfig, UNetConfig
from trainer import input_pipeline
from trainer.build_model import build_model

UNET = UNetConfig(filters=4, depth=1, max_filters=8, encoder_convs=1, decoder_convs=1)
FIT = FitConfig()


def test_builds_the_model_that_is_named(transformed):
    train = transformed.dataset("train")

    def parameters(name):
        return build_model(TrainerConfig(name, transformed.size, UNET, FIT), train).count_params()

    assert parameters("cnn") == 5_889
    assert parameters("average_mask") == 16 * 24
    wider = TrainerConfig("unet", transformed.size, dataclasses.replace(UNET, filters=8), FIT)
    assert build_model(wider, train).count_params() > parameters("unet")
    average = build_model(TrainerConfig("average_mask", transformed.size, UNET, FIT), train)
    np.testing.assert_allclose(
        tf.sigmoid(average(np.zeros((1, 16, 24, 3), np.float32)))[0],
        input_pipeline.average_mask(train, transformed.size),
        atol=2e-4,
    )
