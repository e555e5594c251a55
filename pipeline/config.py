"""The whole configuration of a run as frozen, typed dataclasses.

Pydantic checks every value when a config is made, so that a bad one is named before any work
starts, and turns configs into JSON and back for the steps that TFX hands only strings.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
Difference = Annotated[float, Field(ge=-1.0, le=1.0)]
NonNegative = Annotated[float, Field(ge=0.0)]

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class DataConfig:
    """How photographs become examples.

    Attributes:
        val_fraction: Share of the groups (cars) that the val split gets: early stopping, threshold.
        test_fraction: Share of the groups that the test split gets: the gate's score, nothing else.
        max_quarantine_fraction: The run stops when more than this share of the photographs cannot
            be used.
    """

    val_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.15
    max_quarantine_fraction: Fraction = 0.01

    @model_validator(mode="after")
    def _leave_groups_to_train(self) -> "DataConfig":
        if self.val_fraction + self.test_fraction >= 1.0:
            raise ValueError("val_fraction + test_fraction must be below 1, or train gets no cars")
        return self


@dataclass(frozen=True, config=_STRICT)
class InputConfig:
    """Size in pixels at which the models see a photograph."""

    height: Positive = 128
    width: Positive = 128


@dataclass(frozen=True, config=_STRICT)
class UNetConfig:
    """The U-Net's shape.

    Attributes:
        filters: Filters of the first level; each level below doubles them.
        depth: How many times the resolution is halved. Height and width must divide by 2**depth.
        max_filters: No level gets more filters than this.
        encoder_convs: Conv-batchnorm-ReLU blocks per encoder level and in the centre.
        decoder_convs: The same per decoder level.
        batchnorm_momentum: Of the running statistics. Keras' default of 0.99 lags for hundreds of
            steps, so that the val Dice of the first epochs says nothing.
    """

    filters: Positive = 16
    depth: Positive = 5
    max_filters: Positive = 256
    encoder_convs: Positive = 2
    decoder_convs: Positive = 3
    batchnorm_momentum: Fraction = 0.9


@dataclass(frozen=True, config=_STRICT)
class AugmentationConfig:
    """Random changes of the training photographs.

    Attributes:
        horizontal_flip: Probability of mirroring photograph and mask.
        shift: Largest shift of both, as a share of height and width.
        scale: Largest relative change of size of both; below 1.
        brightness: Largest change of all channels together, as a share of the full range.
        contrast: Largest relative change of the distance to the photograph's mean.
        colour: Largest change of each channel by itself, as a share of the full range.
    """

    horizontal_flip: Fraction = 0.5
    shift: Fraction = 0.0625
    scale: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1
    brightness: Fraction = 0.1
    contrast: Fraction = 0.1
    colour: Fraction = 0.02


@dataclass(frozen=True, config=_STRICT)
class FitConfig:
    """How a model is fitted: AdamW, linear warm-up, cosine decay, early stopping on val Dice.

    Attributes:
        epochs: Passes over the training split, at most.
        batch_size: Photographs per step.
        learning_rate: Peak of the schedule.
        warmup_fraction: Share of all steps over which the rate rises from 0.
        weight_decay: AdamW's.
        patience: Epochs without a better val Dice after which fitting stops.
        seed: Of weights, shuffling and augmentation.
        augmentation: See AugmentationConfig.
    """

    epochs: Positive = 30
    batch_size: Positive = 16
    learning_rate: Annotated[float, Field(gt=0.0)] = 2e-3
    warmup_fraction: Fraction = 0.05
    weight_decay: NonNegative = 1e-4
    patience: Positive = 10
    seed: int = 0
    augmentation: AugmentationConfig = AugmentationConfig()


ModelName = Literal["unet", "cnn", "average_mask"]


@dataclass(frozen=True, config=_STRICT)
class TrainerConfig:
    """What one Trainer step needs to know.

    Attributes:
        model: Which model is fitted.
        input: Size of its input.
        unet: Shape of the U-Net; the other models have no options.
        fit: How it is fitted; the average mask has nothing to fit.
    """

    model: ModelName
    input: InputConfig
    unet: UNetConfig
    fit: FitConfig


@dataclass(frozen=True, config=_STRICT)
class GateConfig:
    """What a candidate must show before it is pushed. All numbers are mean Dice at full size.

    Attributes:
        baseline_margin: The candidate's mean must exceed each baseline's by at least this; a
            negative margin lets it fall behind by so much.
        blessed_tolerance: The candidate's mean may be below the last blessed model's by this.
    """

    baseline_margin: Difference = 0.005
    blessed_tolerance: NonNegative = 0.0005


@dataclass(frozen=True, config=_STRICT)
class PipelineConfig:
    """One run of the pipeline, whole."""

    data: DataConfig = DataConfig()
    input: InputConfig = InputConfig()
    unet: UNetConfig = UNetConfig()
    unet_fit: FitConfig = FitConfig()
    cnn_fit: FitConfig = FitConfig()
    gate: GateConfig = GateConfig()

    @model_validator(mode="after")
    def _input_halves_down_to_the_centre(self) -> "PipelineConfig":
        step = 2**self.unet.depth
        for name, size in (("height", self.input.height), ("width", self.input.width)):
            if size % step:
                raise ValueError(
                    f"input.{name}={size} must be a multiple of {step} (2 ** unet.depth), "
                    "because the U-Net halves it that often"
                )
        return self

    def trainer(self, model: ModelName) -> TrainerConfig:
        """Returns the part of this config that the Trainer step of ``model`` needs.

        The rest is left at its defaults, so that changing the U-Net does not fit the CNN again.
        """
        match model:
            case "unet":
                return TrainerConfig(model, self.input, self.unet, self.unet_fit)
            case "cnn":
                return TrainerConfig(model, self.input, UNetConfig(), self.cnn_fit)
            case "average_mask":
                return TrainerConfig(model, self.input, UNetConfig(), FitConfig())


PIPELINE_CONFIG = TypeAdapter(PipelineConfig)
TRAINER_CONFIG = TypeAdapter(TrainerConfig)
DATA_CONFIG = TypeAdapter(DataConfig)
INPUT_CONFIG = TypeAdapter(InputConfig)
GATE_CONFIG = TypeAdapter(GateConfig)
