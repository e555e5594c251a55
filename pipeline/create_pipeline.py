"""Wires the components together; the only place that does."""

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx
from tfx.dsl.components.base import executor_spec

import evaluation
import serving.server
import trainer
from components import (
    gate,
    photograph_example,
    photograph_example_gen,
    photograph_file,
    photograph_folder,
    record_example,
    server_check,
    server_evidence,
    server_verdict,
    split,
)
from components.atomic_pusher import PRIVATE_KEY, AtomicPusherExecutor
from components.data_check import DataCheck
from components.gate import Gate
from components.last_blessed import LastBlessedOther
from components.last_blessed_of_other_data import LastBlessedOfOtherData
from components.photograph_example_gen import PhotographExampleGen
from components.server_check import ServerCheck
from pipeline import features
from pipeline.code_digest import code_digest
from pipeline.config import (
    DATA_CONFIG,
    GATE_CONFIG,
    INPUT_CONFIG,
    SERVER_CHECK_CONFIG,
    TRAINER_CONFIG,
    TUNER_CONFIG,
    DataConfig,
    ModelName,
    PipelineConfig,
    SigningConfig,
)
from pipeline.weights_digest import weights_digests
from serving.server import servable
from serving.signing.keys import fingerprint as key_fingerprint
from trainer import dice, photograph, preprocessing, resize

# Whose code decides what PhotographExampleGen writes.
_INGESTION = (
    photograph_example_gen,
    photograph_folder,
    photograph_file,
    photograph_example,
    record_example,
    split,
    photograph,
)

SCHEMA_FILE = Path(__file__).parent / "schema" / "schema.pbtxt"


def create_pipeline(
    *,
    name: str,
    root: str,
    data: str,
    fingerprint: str,
    schema_file: str,
    serving_directory: str,
    config: PipelineConfig,
    metadata: metadata_store_pb2.ConnectionConfig | None,
    beam_pipeline_args: Sequence[str] = (),
) -> tfx.dsl.Pipeline:
    """Builds the pipeline: photographs to a pushed model.

    Args:
        name: Of the pipeline in ML Metadata.
        root: Where artifacts are written.
        data: Folder of photographs in Kaggle's layout, or of TFRecord files.
        fingerprint: Of that folder, see ``components.photograph_folder.fingerprint``.
        schema_file: Text proto of the schema; cached by its path.
        serving_directory: Gets a version directory when a model is blessed.
        config: Everything else.
        metadata: Connection to ML Metadata; None where the orchestrator brings its own.
        beam_pipeline_args: For the steps that run on Beam.

    Returns:
        The pipeline, with caching on.

    Raises:
        MissingWeights: If the config names a weights file that does not exist.
        UnusableKey: If it names a private key that cannot sign.
    """
    pusher_config = _pusher_config(config.signing)
    # Without the quarantine's limit: whoever changes only that reads no photograph again.
    data_config = dataclasses.replace(
        config.data, max_quarantine_fraction=DataConfig().max_quarantine_fraction
    )
    example_gen = PhotographExampleGen(
        data=data,
        fingerprint=fingerprint,
        config=DATA_CONFIG.dump_json(data_config).decode(),
        code=code_digest(*_INGESTION),
    )
    examples = example_gen.outputs["examples"]
    schema_gen = tfx.components.ImportSchemaGen(schema_file=schema_file)
    schema = schema_gen.outputs["schema"]
    # With the schema it knows what is an image. Without, it counts how often each value occurs,
    # and keeps all photographs in memory for that.
    statistics_gen = tfx.components.StatisticsGen(examples=examples, schema=schema)
    example_validator = tfx.components.ExampleValidator(
        statistics=statistics_gen.outputs["statistics"], schema=schema
    )
    data_check = DataCheck(
        config=DATA_CONFIG.dump_json(config.data).decode(),
        examples=examples,
        quarantine=example_gen.outputs["quarantine"],
        anomalies=example_validator.outputs["anomalies"],
    )
    transform = tfx.components.Transform(
        examples=examples,
        schema=schema,
        preprocessing_fn="trainer.preprocessing.preprocessing_fn",
        splits_config=tfx.proto.SplitsConfig(
            analyze=[features.TRAIN], transform=[features.TRAIN, features.VAL]
        ),
        disable_statistics=True,
        custom_config={
            "input": INPUT_CONFIG.dump_json(config.input).decode(),
            "code": code_digest(preprocessing, photograph, resize),
        },
    )
    transform.add_upstream_node(data_check)

    def arguments(model: ModelName) -> dict[str, Any]:
        return {
            "examples": transform.outputs["transformed_examples"],
            "transform_graph": transform.outputs["transform_graph"],
            "schema": schema,
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
        known["custom_config"]["fits"] = os.path.join(root, "fits")
        return tfx.components.Trainer(run_fn="trainer.fit.run_fn", **known, **more).with_id(
            f"Trainer.{model}"
        )

    optional: list[Any] = []
    unet_inputs = {}
    if config.tuner.trials:
        known = arguments("unet")
        known["custom_config"]["tuner"] = TUNER_CONFIG.dump_json(config.tuner).decode()
        tuner = tfx.components.Tuner(tuner_fn="trainer.tuner.tuner_fn", **known)
        unet_inputs["hyperparameters"] = tuner.outputs["best_hyperparameters"]
        optional.append(tuner)
    if config.warm_start:
        base = tfx.dsl.Resolver(
            strategy_class=LastBlessedOfOtherData,
            examples=examples,
            model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
            model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
            infra_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.InfraBlessing),
        ).with_id("WarmStart")
        unet_inputs["base_model"] = base.outputs["model"]
        optional.append(base)
    average_mask, cnn, unet = fit("average_mask"), fit("cnn"), fit("unet", **unet_inputs)
    last_blessed = tfx.dsl.Resolver(
        strategy_class=LastBlessedOther,
        candidate=unet.outputs["model"],
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        model_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
        infra_blessing=tfx.dsl.Channel(type=tfx.types.standard_artifacts.InfraBlessing),
    ).with_id("LastBlessed")
    quality_gate = Gate(
        config=GATE_CONFIG.dump_json(config.gate).decode(),
        code=code_digest(gate, evaluation, servable, dice, resize),
        examples=examples,
        candidate=unet.outputs["model"],
        cnn=cnn.outputs["model"],
        average_mask=average_mask.outputs["model"],
        blessed=last_blessed.outputs["model"],
    )
    in_its_server = ServerCheck(
        config=SERVER_CHECK_CONFIG.dump_json(config.server_check).decode(),
        code=code_digest(server_check, server_evidence, server_verdict, serving.server),
        examples=examples,
        model=unet.outputs["model"],
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
    return tfx.dsl.Pipeline(
        pipeline_name=name,
        pipeline_root=root,
        components=[
            example_gen,
            statistics_gen,
            schema_gen,
            example_validator,
            data_check,
            transform,
            average_mask,
            cnn,
            *optional,
            unet,
            last_blessed,
            quality_gate,
            in_its_server,
            pusher,
        ],
        enable_cache=True,
        metadata_connection_config=metadata,
        beam_pipeline_args=list(beam_pipeline_args),
    )


def _pusher_config(signing: SigningConfig) -> dict[str, str]:
    """Returns what the Pusher is told of the key: where it lies, and which one it is.

    The latter since TFX caches by parameters: with another key in the same file it pushes anew.
    """
    if not signing.private_key:
        return {}
    path = Path(signing.private_key).expanduser().absolute()
    return {PRIVATE_KEY: str(path), "key": key_fingerprint(path)}
