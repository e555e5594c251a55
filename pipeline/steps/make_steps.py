"""The make classifier: fitted, judged and pushed as a second model, beside the masks'."""

from dataclasses import dataclass
from typing import Any

from tfx import v1 as tfx

import evaluation
import trainer
from components import blessing, make_gate
from components.atomic_pusher import AtomicPusher
from components.make_gate import MakeGate
from pipeline import features
from pipeline.code_digest import code_digest
from pipeline.config import MAKE_GATE_CONFIG, MAKE_TRAINER_CONFIG, PipelineConfig
from pipeline.steps.data_steps import DataSteps
from pipeline.steps.earlier_models import EarlierModels
from pipeline.steps.pusher_config import pusher_config
from serving.server import servable

# Whose code decides MakeGate's verdict.
_GATE = (make_gate, blessing, evaluation, servable)


@dataclass(frozen=True)
class MakeSteps:
    """The steps of the make classifier.

    Attributes:
        trainer: Fits it.
        last_blessed: What finds the make classifier to compare with.
        gate: The verdict.
        pusher: Puts it where servers look.
    """

    trainer: Any
    last_blessed: tuple[Any, ...]
    gate: Any
    pusher: Any

    @property
    def components(self) -> list[Any]:
        """All of them."""
        return [self.trainer, *self.last_blessed, self.gate, self.pusher]


def make_steps(
    data: DataSteps,
    fits_directory: str,
    serving_directory: str,
    earlier: EarlierModels,
    config: PipelineConfig,
) -> MakeSteps:
    """Builds the steps.

    Args:
        data: The steps before the fits.
        fits_directory: For what outlives a killed fit.
        serving_directory: Gets a version directory when a make classifier is blessed.
        earlier: Finds models of earlier runs.
        config: Of the run.
    """
    fit = tfx.components.Trainer(
        run_fn="trainer.make_classifier.fit.run_fn",
        examples=data.transform.outputs["transformed_examples"],
        transform_graph=data.transform.outputs["transform_graph"],
        schema=data.schema,
        train_args=tfx.proto.TrainArgs(splits=[features.TRAIN]),
        eval_args=tfx.proto.EvalArgs(splits=[features.VAL]),
        custom_config={
            "trainer": MAKE_TRAINER_CONFIG.dump_json(config.make_trainer()).decode(),
            "code": code_digest(trainer),
            "fits": fits_directory,
        },
    ).with_id("Trainer.make")
    last_blessed = earlier.last_blessed_make(fit.outputs["model"])
    gate = MakeGate(
        config=MAKE_GATE_CONFIG.dump_json(config.make.gate).decode(),
        code=code_digest(*_GATE),
        examples=data.examples,
        candidate=fit.outputs["model"],
        blessed=last_blessed.model,
    )
    pusher = AtomicPusher(
        model=fit.outputs["model"],
        model_blessing=gate.outputs["blessing"],
        custom_config=pusher_config(config.signing),
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=serving_directory)
        ),
    ).with_id("MakePusher")
    return MakeSteps(fit, last_blessed.nodes, gate, pusher)
