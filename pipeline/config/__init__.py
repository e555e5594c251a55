"""The whole configuration of a run as frozen, typed dataclasses.

Pydantic checks every value when a config is made, so that a bad one is named before any work
starts, and turns configs into JSON and back for the steps that TFX hands only strings.
"""

from pydantic import TypeAdapter

from pipeline.config.augmentation import AugmentationConfig
from pipeline.config.bulk import BulkConfig
from pipeline.config.data import DataConfig, InputConfig, PhotographLimits, SpanConfig
from pipeline.config.drift import DriftConfig
from pipeline.config.fit import FitConfig, LossName, Precision
from pipeline.config.gate import GateConfig
from pipeline.config.make import MakeConfig, MakeFitConfig, MakeGateConfig, MakeTrainerConfig
from pipeline.config.model_card import ModelCardConfig
from pipeline.config.pipeline import PipelineConfig
from pipeline.config.server_check import ServerCheckConfig, ServerName, SigningConfig
from pipeline.config.trainer import ModelName, PredictionConfig, TrainerConfig, TunerConfig
from pipeline.config.unet import EncoderName, UNetConfig

PIPELINE_CONFIG = TypeAdapter(PipelineConfig)
TRAINER_CONFIG = TypeAdapter(TrainerConfig)
DATA_CONFIG = TypeAdapter(DataConfig)
INPUT_CONFIG = TypeAdapter(InputConfig)
TUNER_CONFIG = TypeAdapter(TunerConfig)
DRIFT_CONFIG = TypeAdapter(DriftConfig)
GATE_CONFIG = TypeAdapter(GateConfig)
SERVER_CHECK_CONFIG = TypeAdapter(ServerCheckConfig)
MODEL_CARD_CONFIG = TypeAdapter(ModelCardConfig)
MAKE_TRAINER_CONFIG = TypeAdapter(MakeTrainerConfig)
MAKE_GATE_CONFIG = TypeAdapter(MakeGateConfig)

__all__ = [
    "AugmentationConfig",
    "BulkConfig",
    "DATA_CONFIG",
    "DRIFT_CONFIG",
    "DataConfig",
    "DriftConfig",
    "EncoderName",
    "FitConfig",
    "GATE_CONFIG",
    "GateConfig",
    "INPUT_CONFIG",
    "InputConfig",
    "LossName",
    "MODEL_CARD_CONFIG",
    "ModelCardConfig",
    "MAKE_GATE_CONFIG",
    "MAKE_TRAINER_CONFIG",
    "MakeConfig",
    "MakeFitConfig",
    "MakeGateConfig",
    "MakeTrainerConfig",
    "ModelName",
    "PIPELINE_CONFIG",
    "PhotographLimits",
    "PipelineConfig",
    "Precision",
    "PredictionConfig",
    "SERVER_CHECK_CONFIG",
    "ServerCheckConfig",
    "ServerName",
    "SigningConfig",
    "SpanConfig",
    "TRAINER_CONFIG",
    "TUNER_CONFIG",
    "TrainerConfig",
    "TunerConfig",
    "UNetConfig",
]
