"""What the tuner may change of a fit: a small space that holds what the preset says."""

import dataclasses
from typing import Any

import keras_tuner

from pipeline.config import FitConfig

# How far the learning rate may move from the preset's, either way.
_RATE_FACTOR = 4.0


def tuned(config: FitConfig, hyperparameters: keras_tuner.HyperParameters) -> FitConfig:
    """Declares the search space and returns the config with the values that were drawn.

    The learning rate and the weight decay move what a fit reaches most; the loss and the share of
    photographs in other colours are what published solutions differ in. Every default is the
    preset's own value. The running mean of the weights is not searched: trials do without one.

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
        weight_decay=_choice(
            hyperparameters, "weight_decay", config.weight_decay, (0.0, 1e-5, 1e-4, 1e-3, 1e-2)
        ),
        loss=_choice(hyperparameters, "loss", config.loss, ("bce_dice", "boundary_dice", "lovasz")),
        augmentation=dataclasses.replace(
            augmentation, hsv=_choice(hyperparameters, "hsv", augmentation.hsv, (0.0, 0.5, 0.8))
        ),
    )


def _choice(
    hyperparameters: keras_tuner.HyperParameters, name: str, own: Any, others: tuple[Any, ...]
) -> Any:
    return hyperparameters.Choice(name, sorted({own, *others}), default=own)
