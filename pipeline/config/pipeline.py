"""One run of the pipeline, whole."""

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from pipeline.config.bulk import BulkConfig
from pipeline.config.data import DataConfig, InputConfig
from pipeline.config.drift import DriftConfig
from pipeline.config.fields import STRICT
from pipeline.config.fit import FitConfig
from pipeline.config.gate import GateConfig
from pipeline.config.make import MakeConfig, MakeTrainerConfig
from pipeline.config.model_card import ModelCardConfig
from pipeline.config.server_check import ServerCheckConfig, SigningConfig
from pipeline.config.trainer import ModelName, PredictionConfig, TrainerConfig, TunerConfig
from pipeline.config.unet import UNetConfig


@dataclass(frozen=True, config=STRICT)
class PipelineConfig:
    """One run of the pipeline, whole.

    Attributes:
        data: Photographs to examples.
        drift: How far the photographs may be from those of the last blessed model.
        input: What the models see.
        unet: Shape of the U-Net.
        unet_fit: How it is fitted.
        unet_prediction: How its logits become a mask.
        cnn_fit: How the small CNN is fitted.
        tuner: Search for the U-Net's hyperparameters.
        warm_start: The U-Net's fit starts from the last blessed model that saw other data.
        gate: What a candidate must show.
        server_check: What it must show in a server.
        signing: How it is signed when it is pushed.
        model_card: What its card says that no run can know.
        make: The classifier of car makes, a model of its own.
        bulk: Photographs to mask at the end of the run.
    """

    data: DataConfig = DataConfig()
    drift: DriftConfig = DriftConfig()
    input: InputConfig = InputConfig()
    unet: UNetConfig = UNetConfig()
    unet_fit: FitConfig = FitConfig()
    unet_prediction: PredictionConfig = PredictionConfig()
    cnn_fit: FitConfig = FitConfig()
    tuner: TunerConfig = TunerConfig()
    warm_start: bool = False
    gate: GateConfig = GateConfig()
    server_check: ServerCheckConfig = ServerCheckConfig()
    signing: SigningConfig = SigningConfig()
    model_card: ModelCardConfig = ModelCardConfig()
    make: MakeConfig = MakeConfig()
    bulk: BulkConfig = BulkConfig()

    @model_validator(mode="after")
    def _one_thing_to_start_from(self) -> "PipelineConfig":
        if self.warm_start and self.unet_fit.initial_weights:
            raise ValueError(
                "warm_start and unet_fit.initial_weights are two things to start from; take one"
            )
        return self

    @model_validator(mode="after")
    def _input_halves_down_to_the_centre(self) -> "PipelineConfig":
        step = self.unet.space_to_depth * 2**self.unet.depth
        for name, size in (("height", self.input.height), ("width", self.input.width)):
            if size % step:
                raise ValueError(
                    f"input.{name}={size} must be a multiple of {step} (unet.space_to_depth * "
                    "2 ** unet.depth), because the U-Net halves it that often"
                )
        return self

    @model_validator(mode="after")
    def _make_classifier_can_halve_the_input(self) -> "PipelineConfig":
        if self.make.enabled and min(self.input.height, self.input.width) < 16:
            raise ValueError(
                "make.enabled needs input.height and input.width of 16 at least, because the make "
                "classifier halves photographs four times"
            )
        return self

    def trainer(self, model: ModelName) -> TrainerConfig:
        """Returns the part of this config that the Trainer step of ``model`` needs.

        The rest is left at its defaults, so that changing the U-Net does not fit the CNN again.
        """
        limits = self.data.limits
        match model:
            case "unet":
                return TrainerConfig(
                    model, self.input, self.unet, self.unet_fit, self.unet_prediction, limits
                )
            case "cnn":
                return TrainerConfig(
                    model, self.input, UNetConfig(), self.cnn_fit, PredictionConfig(), limits
                )
            case "average_mask":
                return TrainerConfig(
                    model, self.input, UNetConfig(), FitConfig(), PredictionConfig(), limits
                )

    def make_trainer(self) -> MakeTrainerConfig:
        """Returns the part of this config that the make classifier's Trainer step needs."""
        return MakeTrainerConfig(self.input, self.make.fit, self.data.limits)
