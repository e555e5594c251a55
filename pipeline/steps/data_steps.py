"""From a folder of photographs to what a Trainer reads."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from tfx import v1 as tfx

from components import (
    data_check,
    drift_check,
    drift_comparison,
    drift_verdict,
    folder_files,
    jpeg_probe,
    photograph_example,
    photograph_example_gen,
    photograph_file,
    photograph_folder,
    photograph_statistics,
    quarantine,
    record_example,
    record_file,
    record_ids,
    span_listing,
    span_pattern,
    spans,
    split,
    split_writer,
    write_examples,
)
from components.data_check import DataCheck
from components.drift_check import DriftCheck
from components.photograph_example_gen import PhotographExampleGen
from components.photograph_statistics import PhotographStatisticsGen
from evaluation import masked_photograph
from pipeline import features, mask_panel
from pipeline.code_digest import code_digest
from pipeline.config import (
    DATA_CONFIG,
    DRIFT_CONFIG,
    INPUT_CONFIG,
    DataConfig,
    PipelineConfig,
)
from pipeline.steps.earlier_models import EarlierModels
from report import data as report_data
from report import picture
from report.data import data_statistics, stored_statistics
from trainer import photograph, preprocessing, resize

# Whose code decides what PhotographExampleGen writes.
_INGESTION = (
    photograph_example_gen,
    photograph_folder,
    photograph_file,
    photograph_example,
    quarantine,
    record_example,
    folder_files,
    jpeg_probe,
    record_file,
    record_ids,
    span_listing,
    span_pattern,
    spans,
    split,
    split_writer,
    write_examples,
    photograph,
)
# PhotographStatisticsGen.
_STATISTICS = (
    photograph_statistics,
    report_data,
    picture,
    mask_panel,
    masked_photograph,
    photograph_example,
    photograph_file,
    photograph_folder,
    folder_files,
    jpeg_probe,
    spans,
    span_pattern,
    split,
)
# DriftCheck.
_DRIFT = (
    drift_check,
    drift_comparison,
    drift_verdict,
    stored_statistics,
    data_statistics,
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
        photograph_statistics: Every photograph in numbers.
        last_blessed: What finds those that the last blessed model was fitted on.
        drift_check: Compares the two.
        transform: Examples at the model's size.
    """

    example_gen: Any
    statistics_gen: Any
    schema_gen: Any
    example_validator: Any
    data_check: Any
    photograph_statistics: Any
    last_blessed: tuple[Any, ...]
    drift_check: Any
    transform: Any

    @property
    def components(self) -> list[Any]:
        """All of them."""
        return [
            self.example_gen,
            self.statistics_gen,
            self.schema_gen,
            self.example_validator,
            self.data_check,
            self.photograph_statistics,
            *self.last_blessed,
            self.drift_check,
            self.transform,
        ]

    @property
    def examples(self) -> Any:
        """The channel of raw examples."""
        return self.example_gen.outputs["examples"]

    @property
    def schema(self) -> Any:
        """The channel of the schema."""
        return self.schema_gen.outputs["schema"]


def data_steps(
    data: str,
    fingerprint: str,
    unlabelled_names: str,
    schema_file: str,
    earlier: EarlierModels,
    config: PipelineConfig,
) -> DataSteps:
    """Builds the steps.

    Args:
        data: Where the photographs are, see ``components.spans.resolve_spans``.
        fingerprint: Of what is there, see ``components.span_listing.spans_fingerprint``.
        unlabelled_names: Digest of the names in ``test/``, see ``names_digest`` in
            report/data/unlabelled.py.
        schema_file: Text proto of the schema; cached by its path.
        earlier: Finds models of earlier runs.
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
    checked = DataCheck(
        config=DATA_CONFIG.dump_json(config.data).decode(),
        code=code_digest(data_check),
        examples=examples,
        quarantine=example_gen.outputs["quarantine"],
        anomalies=example_validator.outputs["anomalies"],
    )
    statistics = PhotographStatisticsGen(
        data=data,
        fingerprint=f"{fingerprint}-{unlabelled_names}",
        config=DATA_CONFIG.dump_json(ingestion).decode(),
        code=code_digest(*_STATISTICS),
        examples=examples,
        quarantine=example_gen.outputs["quarantine"],
    )
    last_blessed = earlier.blessed_with_statistics(examples)
    drift = DriftCheck(
        config=DRIFT_CONFIG.dump_json(config.drift).decode(),
        code=code_digest(*_DRIFT),
        statistics=statistics.outputs["statistics"],
        baseline=last_blessed.statistics,
        model=last_blessed.model,
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
    transform.add_upstream_node(checked)
    transform.add_upstream_node(drift)
    return DataSteps(
        example_gen,
        statistics_gen,
        schema_gen,
        example_validator,
        checked,
        statistics,
        last_blessed.nodes,
        drift,
        transform,
    )
