"""What the steps that fit models need to know."""

from typing import Literal

from pydantic.dataclasses import dataclass

from pipeline.config.data import InputConfig, PhotographLimits
from pipeline.config.fields import STRICT, Count, Positive
from pipeline.config.fit import FitConfig
from pipeline.config.unet import UNetConfig

ModelName = Literal["unet", "cnn", "average_mask"]


@dataclass(frozen=True, config=STRICT)
class PredictionConfig:
    """From logits at the model's size to a mask at full size.

    Attributes:
        flip_average: The mean of the photograph's and its mirror image's answers, for twice the
            model's time.
        enlarge: What is enlarged: the probabilities or the logits.
    """

    flip_average: bool = False
    enlarge: Literal["probability", "logits"] = "probability"


@dataclass(frozen=True, config=STRICT)
class TrainerConfig:
    """What one Trainer step needs to know.

    Attributes:
        model: Which model is fitted.
        input: Size of its input.
        unet: Shape of the U-Net; the other models have no options.
        fit: How it is fitted; the average mask has nothing to fit.
        prediction: How its logits become a mask.
        limits: What the exported model refuses.
    """

    model: ModelName
    input: InputConfig
    unet: UNetConfig
    fit: FitConfig
    prediction: PredictionConfig = PredictionConfig()
    limits: PhotographLimits = PhotographLimits()


@dataclass(frozen=True, config=STRICT)
class TunerConfig:
    """The optional search for better hyperparameters of the U-Net's fit.

    Attributes:
        trials: Fits of different hyperparameters; 0 leaves the step out.
        epochs: Of each of them.
    """

    trials: Count = 0
    epochs: Positive = 5
