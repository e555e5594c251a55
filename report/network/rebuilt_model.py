"""Rebuilds the Keras model of a Trainer step, to look inside: the servable is only a graph."""

import dataclasses
import os
import tempfile

import keras
import tensorflow as tf

from pipeline.config import TrainerConfig
from report.results.fit_record import read_fit
from trainer.fit import WEIGHTS_FILE
from trainer.load_weights import load_weights
from trainer.models.cnn import build_cnn
from trainer.models.unet import build_unet


def rebuilt_model(fit: str, model: str) -> tuple[keras.Model, TrainerConfig] | None:
    """Builds a network as it was fitted and gives it the weights that were fitted.

    Args:
        fit: The Trainer's ``model_run``.
        model: The Trainer's ``model``.

    Returns:
        The network, of float32 [N, H, W, 3] in [0, 1], and its config; None where one of the
        files is missing.

    Raises:
        ValueError: If the weights are of another network, or a file cannot be read.
    """
    record = read_fit(fit)
    weights = os.path.join(model, WEIGHTS_FILE)
    if record is None or not tf.io.gfile.exists(weights):
        return None
    config = record.config
    height, width = config.input.height, config.input.width
    if config.model == "unet":
        # The weights file holds the encoder's too; the one it began with may be gone.
        shape = dataclasses.replace(config.unet, encoder_weights="")
        network = build_unet(height, width, shape)
    else:
        network = build_cnn(height, width)
    with tempfile.TemporaryDirectory(prefix="weights") as folder:
        local = os.path.join(folder, WEIGHTS_FILE)  # Keras reads only local files.
        tf.io.gfile.copy(weights, local)
        load_weights(network, local)
    return network, config
