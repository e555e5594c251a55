"""The classifier of car makes: how it is fitted, and what it must show."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.config.augmentation import AugmentationConfig
from pipeline.config.data import InputConfig, PhotographLimits
from pipeline.config.fields import STRICT, Difference, Fraction, NonNegative, Positive
from pipeline.config.fit import Precision

# Hue too: a car's paint says nothing of its make, and a few cars are easily told by it.
_CARS = AugmentationConfig(
    warp=0.8, saturation=0.08, value=0.06, brightness=0.1, contrast=0.2, colour=0.03
)


@dataclass(frozen=True, config=STRICT)
class MakeFitConfig:
    """How the make classifier is fitted, by Adam on categorical cross-entropy.

    Attributes:
        epochs: Passes over the photographs of the training split that have a make, at most.
        batch_size: Photographs per step.
        learning_rate: Constant.
        patience: Epochs without a better loss on val after which fitting stops, or on train where
            no val photograph has a make of the training split. The best epoch is kept.
        least_side: Photographs are shrunk by the largest whole factor that leaves both sides this
            long, pixels: a make is not told by what the masks' models need more pixels for.
        precision: As FitConfig's.
        seed: Of weights, shuffling and augmentation.
        augmentation: See AugmentationConfig.
    """

    epochs: Positive = 40
    batch_size: Positive = 16
    learning_rate: Annotated[float, Field(gt=0.0)] = 1e-3
    patience: Positive = 10
    least_side: Annotated[int, Field(ge=16)] = 128
    precision: Precision = "auto"
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    augmentation: AugmentationConfig = _CARS


@dataclass(frozen=True, config=STRICT)
class MakeGateConfig:
    """What a make classifier must show before it is pushed.

    Shares are of the test photographs that have a make; intervals are 95% and drawn over the cars.

    Attributes:
        majority_margin: Its share of right answers must exceed that of the training split's most
            common make, always answered, by more than this, as the lower end of the difference's
            interval says.
        blessed_tolerance: Its share may be below the last blessed make classifier's by this; it is
            blocked where the whole interval of the difference lies lower.
        max_rival_faults: Share of the photographs that the last blessed make classifier may give no
            answer for. They are left out of the comparison with it.
    """

    majority_margin: Difference = 0.0
    blessed_tolerance: NonNegative = 0.02
    max_rival_faults: Fraction = 0.05


@dataclass(frozen=True, config=STRICT)
class MakeConfig:
    """The classifier of car makes, a second model beside the masks'.

    Attributes:
        enabled: Whether there is one at all.
        fit: How it is fitted.
        gate: What it must show.
    """

    enabled: bool = False
    fit: MakeFitConfig = MakeFitConfig()
    gate: MakeGateConfig = MakeGateConfig()


@dataclass(frozen=True, config=STRICT)
class MakeTrainerConfig:
    """What the make classifier's Trainer step needs to know.

    Attributes:
        input: Size of Transform's photographs.
        fit: How it is fitted.
        limits: What the exported model refuses.
    """

    input: InputConfig
    fit: MakeFitConfig
    limits: PhotographLimits
