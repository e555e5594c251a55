"""The optimizer that a config describes."""

from typing import Any

import keras

from pipeline.config import FitConfig
from trainer.schedule import warmup_cosine


def make_optimizer(config: FitConfig, steps: int) -> keras.optimizers.Optimizer:
    """Makes the optimizer, with its schedule, clipping and running mean of the weights.

    Args:
        config: Which, and how.
        steps: Of the whole fit.

    Returns:
        AdamW (Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101) or RMSprop.
    """
    arguments: dict[str, Any] = {"learning_rate": config.learning_rate}
    if config.schedule == "warmup_cosine":
        arguments["learning_rate"] = warmup_cosine(
            config.learning_rate, steps, config.warmup_fraction
        )
    if config.weight_decay:
        arguments["weight_decay"] = config.weight_decay
    if config.clip_norm:
        arguments["global_clipnorm"] = config.clip_norm
    if config.ema_momentum:
        arguments |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    match config.optimizer:
        case "adamw":
            return keras.optimizers.AdamW(**{"weight_decay": 0.0, **arguments})
        case "rmsprop":
            return keras.optimizers.RMSprop(**arguments)
