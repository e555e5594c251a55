"""Chooses the model that a Trainer step fits."""

import keras
import tensorflow as tf

from pipeline.config import TrainerConfig
from trainer import input_pipeline
from trainer.models.average_mask import build_average_mask
from trainer.models.cnn import build_cnn
from trainer.models.unet import build_unet


def build_model(config: TrainerConfig, train: tf.data.Dataset) -> keras.Model:
    """Builds the model that ``config`` names.

    Args:
        config: Of the Trainer step.
        train: Serialized transformed examples; the average mask is read from them.

    Returns:
        Model from float32 [N, H, W, 3] in [0, 1] to logits, float32 [N, H, W, 1].
    """
    height, width = config.input.height, config.input.width
    match config.model:
        case "unet":
            return build_unet(height, width, config.unet)
        case "cnn":
            return build_cnn(height, width)
        case "average_mask":
            return build_average_mask(input_pipeline.average_mask(train, config.input).numpy())
