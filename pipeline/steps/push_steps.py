"""From a fitted model to a served one: compared, judged, tried in its server, pushed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx import v1 as tfx
from tfx.dsl.components.base import executor_spec

import evaluation
import serving.server
from components import gate, server_check, server_evidence, server_verdict
from components.atomic_pusher import PRIVATE_KEY, AtomicPusherExecutor
from components.gate import Gate
from components.last_blessed import LastBlessedOther
from components.server_check import ServerCheck
from pipeline.code_digest import code_digest
from pipeline.config import GATE_CONFIG, SERVER_CHECK_CONFIG, PipelineConfig, SigningConfig
from pipeline.steps.data_steps import DataSteps
from pipeline.steps.fit_steps import FitSteps
from serving.server import servable
from serving.signing.keys import fingerprint as key_fingerprint
from trainer import dice, resize


@dataclass(frozen=True)
class PushSteps:
    """The steps after the fits.

    Attributes:
        last_blessed: Resolver of the model to compare with.
        gate: The verdict on the masks.
        server_check: The verdict on the server that runs the model.
        pusher: Puts the model where servers look.
    """

    last_blessed: Any
    gate: Any
    server_check: Any
    pusher: Any

    @property
    def components(self) -> list[Any]:
        """All of them."""
        return [self.last_blessed, self.gate, self.server_check, self.pusher]


def push_steps(
    data: DataSteps, fits: FitSteps, serving_directory: str, config: PipelineConfig
) -> PushSteps:
    """Builds the steps.

    Args:
        data: The steps before the fits.
        fits: The fits.
        serving_directory: Gets a version directory when a model is blessed.
        config: Of the run.

    Raises:
        UnusableKey: If the config names a private key that cannot sign.
    """
    pusher_config = _pusher_config(config.signing)
    candidate = fits.unet.outputs["model"]
    last_blessed = tfx.dsl.Resolver(
        strategy_class=LastBlessedOther,
        candidate=candidate,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
        infra_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.InfraBlessing),
    ).with_id("LastBlessed")
    quality_gate = Gate(
        config=GATE_CONFIG.dump_json(config.gate).decode(),
        code=code_digest(gate, evaluation, servable, dice, resize),
        examples=data.examples,
        candidate=candidate,
        cnn=fits.cnn.outputs["model"],
        average_mask=fits.average_mask.outputs["model"],
        blessed=last_blessed.outputs["model"],
    )
    in_its_server = ServerCheck(
        config=SERVER_CHECK_CONFIG.dump_json(config.server_check).decode(),
        code=code_digest(server_check, server_evidence, server_verdict, serving.server),
        examples=data.examples,
        model=candidate,
        model_blessing=quality_gate.outputs["blessing"],
    )
    # Without the Trainer's model it pushes the one inside infra_blessing: the files that were
    # checked, and the warm-up requests among them.
    pusher = tfx.components.Pusher(
        model_blessing=quality_gate.outputs["blessing"],
        infra_blessing=in_its_server.outputs["infra_blessing"],
        custom_config=pusher_config,
        push_destination=tfx.proto.PushDestination(
            filesystem=tfx.proto.PushDestination.Filesystem(base_directory=serving_directory)
        ),
        custom_executor_spec=executor_spec.ExecutorClassSpec(AtomicPusherExecutor),
    )
    return PushSteps(last_blessed, quality_gate, in_its_server, pusher)


def _pusher_config(signing: SigningConfig) -> dict[str, str]:
    """Returns what the Pusher is told of the key: where it lies, and which one it is.

    The latter since TFX caches by parameters: with another key in the same file it pushes anew.
    """
    if not signing.private_key:
        return {}
    path = Path(signing.private_key).expanduser().absolute()
    return {PRIVATE_KEY: str(path), "key": key_fingerprint(path)}
