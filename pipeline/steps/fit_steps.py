"""From what Transform wrote to three models: the U-Net and its two baselines."""

from dataclasses import dataclass
from typing import Any

from tfx import v1 as tfx

import trainer
from pipeline import features
from pipeline.code_digest import code_digest
from pipeline.config import TRAINER_CONFIG, TUNER_CONFIG, ModelName, PipelineConfig
from pipeline.steps.data_steps import DataSteps
from pipeline.steps.earlier_models import EarlierModels
from pipeline.weights_digest import weights_digests


@dataclass(frozen=True)
class FitSteps:
    """The steps that fit.

    Attributes:
        average_mask: Trainer.
        cnn: Trainer.
        unet: Trainer.
        before_unet: What finds the model to start from, and Tuner, where the run has them.
    """

    average_mask: Any
    cnn: Any
    unet: Any
    before_unet: tuple[Any, ...]

    @property
    def components(self) -> list[Any]:
        """All of them."""
        return [self.average_mask, self.cnn, *self.before_unet, self.unet]


def fit_steps(
    data: DataSteps, fits_directory: str, earlier: EarlierModels, config: PipelineConfig
) -> FitSteps:
    """Builds the steps.

    Args:
        data: The steps before.
        fits_directory: For what outlives a killed fit.
        earlier: Finds models of earlier runs.
        config: Of the run.

    Raises:
        MissingWeights: If the config names a weights file that does not exist.
    """

    def arguments(model: ModelName) -> dict[str, Any]:
        return {
            "examples": data.transform.outputs["transformed_examples"],
            "transform_graph": data.transform.outputs["transform_graph"],
            "schema": data.schema,
            "train_args": tfx.proto.TrainArgs(splits=[features.TRAIN]),
            "eval_args": tfx.proto.EvalArgs(splits=[features.VAL]),
            "custom_config": {
                "trainer": TRAINER_CONFIG.dump_json(config.trainer(model)).decode(),
                "code": code_digest(trainer),
                "weights": weights_digests(config) if model == "unet" else {},
            },
        }

    def fit(model: ModelName, **more: tfx.types.BaseChannel) -> tfx.components.Trainer:
        known = arguments(model)
        known["custom_config"]["fits"] = fits_directory
        return tfx.components.Trainer(run_fn="trainer.fit.run_fn", **known, **more).with_id(
            f"Trainer.{model}"
        )

    before_unet: list[Any] = []
    start = {}
    if config.warm_start:
        base = earlier.base_model(data.examples)
        start["base_model"] = base.model
        before_unet += base.nodes
    unet_inputs = dict(start)
    if config.tuner.trials:
        known = arguments("unet")
        known["custom_config"]["tuner"] = TUNER_CONFIG.dump_json(config.tuner).decode()
        tuner = tfx.components.Tuner(tuner_fn="trainer.tuner.tuner_fn", **known, **start)
        unet_inputs["hyperparameters"] = tuner.outputs["best_hyperparameters"]
        before_unet.append(tuner)
    return FitSteps(fit("average_mask"), fit("cnn"), fit("unet", **unet_inputs), tuple(before_unet))
