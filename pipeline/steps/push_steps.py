"""From a fitted model to a served one: compared, judged, tried in its server, pushed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

import evaluation
import report.model_card
import report.results
import serving.server
from components import (
    blessing,
    gate,
    model_card,
    server_check,
    server_evidence,
    server_verdict,
    spans_of_photographs,
)
from components.atomic_pusher import AtomicPusher
from components.gate import Gate
from components.model_card import ModelCard
from components.server_check import ServerCheck
from pipeline.code_digest import code_digest
from pipeline.config import (
    GATE_CONFIG,
    MODEL_CARD_CONFIG,
    SERVER_CHECK_CONFIG,
    PipelineConfig,
)
from pipeline.steps.data_steps import DataSteps
from pipeline.steps.earlier_models import EarlierModels
from pipeline.steps.fit_steps import FitSteps
from pipeline.steps.pusher_config import pusher_config
from serving.server import servable
from trainer import dice, resize

# Whose code decides what ModelCard writes.
_MODEL_CARD = (
    model_card,
    report.model_card,
    report.results,
    Path(report.__file__).parent / "templates" / "model_card.md",
)


@dataclass(frozen=True)
class PushSteps:
    """The steps after the fits.

    Attributes:
        last_blessed: What finds the model to compare with.
        gate: The verdict on the masks.
        server_check: The verdict on the server that runs the model.
        model_card: What whoever uses the model should know of it.
        pusher: Puts the model where servers look.
    """

    last_blessed: tuple[Any, ...]
    gate: Any
    server_check: Any
    model_card: Any
    pusher: Any

    @property
    def components(self) -> list[Any]:
        """All of them."""
        return [*self.last_blessed, self.gate, self.server_check, self.model_card, self.pusher]


def push_steps(
    data: DataSteps,
    fits: FitSteps,
    serving_directory: str,
    earlier: EarlierModels,
    config: PipelineConfig,
) -> PushSteps:
    """Builds the steps.

    Args:
        data: The steps before the fits.
        fits: The fits.
        serving_directory: Gets a version directory when a model is blessed.
        earlier: Finds models of earlier runs.
        config: Of the run.

    Raises:
        UnusableKey: If the config names a private key that cannot sign.
    """
    candidate = fits.unet.outputs["model"]
    last_blessed = earlier.last_blessed(candidate)
    quality_gate = Gate(
        config=GATE_CONFIG.dump_json(config.gate).decode(),
        code=code_digest(gate, blessing, spans_of_photographs, evaluation, servable, dice, resize),
        examples=data.examples,
        candidate=candidate,
        cnn=fits.cnn.outputs["model"],
        average_mask=fits.average_mask.outputs["model"],
        blessed=last_blessed.model,
    )
    in_its_server = ServerCheck(
        config=SERVER_CHECK_CONFIG.dump_json(config.server_check).decode(),
        code=code_digest(server_check, server_evidence, server_verdict, serving.server),
        examples=data.examples,
        model=candidate,
        model_blessing=quality_gate.outputs["blessing"],
    )
    card = ModelCard(
        config=MODEL_CARD_CONFIG.dump_json(config.model_card).decode(),
        code=code_digest(*_MODEL_CARD),
        examples=data.examples,
        quarantine=data.example_gen.outputs["quarantine"],
        photograph_statistics=data.photograph_statistics.outputs["statistics"],
        model=candidate,
        model_run=fits.unet.outputs["model_run"],
        evaluation=quality_gate.outputs["evaluation"],
        infra_blessing=in_its_server.outputs["infra_blessing"],
    )
    # Without the Trainer's model it pushes the one inside infra_blessing: the files that were
    # checked, and the warm-up requests among them.
    pusher = AtomicPusher(
        model_blessing=quality_gate.outputs["blessing"],
        infra_blessing=in_its_server.outputs["infra_blessing"],
        model_card=card.outputs["card"],
        custom_config=pusher_config(config.signing),
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=serving_directory)
        ),
    ).with_id("Pusher")
    return PushSteps(last_blessed.nodes, quality_gate, in_its_server, card, pusher)
