"""From a folder of photographs to what a Trainer reads."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from tfx import v1 as tfx

from components import (
    photograph_example,
    photograph_example_gen,
    photograph_file,
    photograph_folder,
    record_example,
    split,
)
from components.data_check import DataCheck
from components.photograph_example_gen import PhotographExampleGen
from pipeline import features
from pipeline.code_digest import code_digest
from pipeline.config import DATA_CONFIG, INPUT_CONFIG, DataConfig, PipelineConfig
from trainer import photograph, preprocessing, resize

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


@dataclass(frozen=True)
class DataSteps:
    """The steps before the first fit.

    Attributes:
        example_gen: Photographs to examples, and the quarantine.
        statistics_gen: TFDV's statistics of them.
        schema_gen: The schema written by hand.
        example_validator: Holds the statistics to it.
        data_check: Stops the run where the data must not be learned from.
        transform: Examples at the model's size.
    """

    example_gen: Any
    statistics_gen: Any
    schema_gen: Any
    example_validator: Any
    data_check: Any
    transform: Any

    @property
    def components(self) -> list[Any]:
        """All of them."""
        return [getattr(self, field.name) for field in dataclasses.fields(self)]

    @property
    def examples(self) -> Any:
        """The channel of raw examples."""
        return self.example_gen.outputs["examples"]

    @property
    def schema(self) -> Any:
        """The channel of the schema."""
        return self.schema_gen.outputs["schema"]


def data_steps(data: str, fingerprint: str, schema_file: str, config: PipelineConfig) -> DataSteps:
    """Builds the steps.

    Args:
        data: Folder of photographs in Kaggle's layout, or of TFRecord files.
        fingerprint: Of that folder, see ``components.photograph_folder.fingerprint``.
        schema_file: Text proto of the schema; cached by its path.
        config: Of the run.
    """
    # Without the quarantine's limit: whoever changes only that reads no photograph again.
    ingestion = dataclasses.replace(
        config.data, max_quarantine_fraction=DataConfig().max_quarantine_fraction
    )
    example_gen = PhotographExampleGen(
        data=data,
        fingerprint=fingerprint,
        config=DATA_CONFIG.dump_json(ingestion).decode(),
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
    return DataSteps(
        example_gen, statistics_gen, schema_gen, example_validator, data_check, transform
    )
