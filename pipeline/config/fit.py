"""How a model is fitted."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.config.augmentation import AugmentationConfig
from pipeline.config.fields import STRICT, Count, Fraction, NonNegative, Positive

LossName = Literal["bce_dice", "focal_dice", "boundary_dice", "lovasz"]


Precision = Literal["auto", "float32", "mixed_bfloat16", "mixed_float16"]


@dataclass(frozen=True, config=STRICT)
class FitConfig:
    """How a model is fitted.

    Attributes:
        epochs: Passes over the training split, at most; 0 exports the initial weights.
        batch_size: Photographs per step, over all devices together.
        loss: Name of the loss, see ``trainer.losses``.
        optimizer: ``adamw`` or ``rmsprop``.
        learning_rate: Peak of the schedule.
        schedule: ``warmup_cosine``: linear rise, then half a cosine to 0; ``reduce_on_plateau``:
            constant, times ``plateau_factor`` after ``plateau_patience`` epochs without a better
            val Dice.
        warmup_fraction: Share of all steps over which the rate rises from 0.
        plateau_patience: Epochs.
        plateau_factor: In (0, 1).
        weight_decay: Of the optimizer.
        clip_norm: Largest norm of all gradients together; 0 leaves them as they are.
        ema_momentum: Of the running mean of the weights, which is what is scored and exported; 0
            takes the weights themselves.
        precision: ``auto`` takes what the device gains from, see ``trainer.precision``.
        xla: ``auto`` compiles on GPUs only.
        patience: Epochs without a better val Dice after which fitting stops.
        min_delta: What counts as better.
        initial_weights: Weights file to start from, such as another Keras backend wrote.
        seed: Of weights, shuffling and augmentation.
        augmentation: See AugmentationConfig.
    """

    epochs: Count = 30
    batch_size: Positive = 16
    loss: LossName = "bce_dice"
    optimizer: Literal["adamw", "rmsprop"] = "adamw"
    learning_rate: Annotated[float, Field(gt=0.0)] = 2e-3
    schedule: Literal["warmup_cosine", "reduce_on_plateau"] = "warmup_cosine"
    warmup_fraction: Fraction = 0.05
    plateau_patience: Positive = 4
    plateau_factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.1
    weight_decay: NonNegative = 1e-4
    clip_norm: NonNegative = 0.0
    ema_momentum: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    precision: Precision = "auto"
    xla: Literal["auto", "on", "off"] = "auto"
    patience: Positive = 10
    min_delta: NonNegative = 0.0
    initial_weights: str = ""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    augmentation: AugmentationConfig = AugmentationConfig()
