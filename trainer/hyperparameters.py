"""What the tuner may change of a fit: a small space around what a preset says."""

import dataclasses

import keras_tuner

from pipeline.config import FitConfig

# How far the learning rate may move from the preset's, either way.
_RATE_FACTOR = 4.0


def tuned(config: FitConfig, hyperparameters: keras_tuner.HyperParameters) -> FitConfig:
    """Declares the search space and returns the config with the values that were drawn.

    The learning rate and the weight decay move what a fit reaches most; the loss, the running mean
    of the weights and the strength of the colour augmentation are what published solutions differ
    in.

    Args:
        config: Of the preset; the space lies around it.
        hyperparameters: A trial's, or the best ones that a search found.
    """
    augmentation = config.augmentation
    return dataclasses.replace(
        config,
        learning_rate=hyperparameters.Float(
            "learning_rate",
            config.learning_rate / _RATE_FACTOR,
            config.learning_rate * _RATE_FACTOR,
            sampling="log",
            default=config.learning_rate,
        ),
        weight_decay=hyperparameters.Choice("weight_decay", [0.0, 1e-5, 1e-4, 1e-3, 1e-2]),
        ema_momentum=hyperparameters.Choice("ema_momentum", [0.0, 0.99, 0.998]),
        loss=hyperparameters.Choice("loss", ["bce_dice", "boundary_dice", "lovasz"]),
        augmentation=dataclasses.replace(
            augmentation, hsv=hyperparameters.Choice("hsv", [0.0, 0.5, 0.8])
        ),
    )
