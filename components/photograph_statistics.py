"""What the photographs and masks of a run look like, in numbers: for its page, and for drift.

TFX's StatisticsGen counts features; it does not look into an image. This step does, once, and keeps
what ``studio-mask explore`` keeps of a folder, so that both give the same page.
"""

import json
import os
from collections.abc import Mapping

import apache_beam as beam
from tfx import v1 as tfx

from components.photograph_folder import read_metadata
from components.quarantine import (
    COUNTS_FILE,
    QUARANTINE_FILE,
    Quarantine,
    QuarantinedFile,
    Reason,
)
from components.spans import resolve_spans
from evaluation.masked_photograph import split_files
from pipeline import features
from pipeline.config import DATA_CONFIG, SpanConfig
from report.data.data_statistics import MEASURES, DataStatistics, UnlabelledStatistics
from report.data.near_duplicates import near_duplicates
from report.data.samples import choose_extremes, choose_samples
from report.data.statistics_of_examples import Readings, add_readings, draw_samples, take_readings
from report.data.stored_statistics import write_statistics
from report.data.unlabelled import unlabelled_of


class PhotographStatistics(tfx.dsl.Artifact):
    """Artifact: every photograph of a run in numbers.

    ``stored_statistics(uri)`` of report/data/stored_statistics.py reads it, and says which files
    there are.
    ``photographs.jsonl`` has a row per photograph: ``image_id``, ``group_id``, ``pose``, ``make``,
    ``model``, ``year``, ``split``, ``height`` and ``width`` in pixels, ``brightness`` (mean luma,
    0..255), ``colour`` (mean red, green, blue, 0..255), ``saturation`` (0..1), ``mask_area`` (share
    of the pixels, 0..1; null without a mask).

    Custom properties: ``data``, ``fingerprint`` and ``span`` say which photographs these are,
    ``measures`` the version of what is measured: other versions cannot be compared.
    """

    TYPE_NAME = "components.PhotographStatistics"


@tfx.dsl.components.component(use_beam=True)
def PhotographStatisticsGen(  # noqa: N802 - a component is named like a class
    data: tfx.dsl.components.Parameter[str],
    fingerprint: tfx.dsl.components.Parameter[str],
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.InputArtifact[tfx.types.standard_artifacts.Examples],
    quarantine: tfx.dsl.components.InputArtifact[Quarantine],
    statistics: tfx.dsl.components.OutputArtifact[PhotographStatistics],
    beam_pipeline: tfx.dsl.components.BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Looks at every photograph once and writes the numbers.

    Args:
        data: Where the photographs came from, as PhotographExampleGen was told: for the names in
            ``test/`` and metadata.csv. Where it is empty, there is nothing to say of ``test/``.
        fingerprint: Of the data and the names in ``test/``; changes what is cached.
        config: A DataConfig as JSON.
        code: Digest of the code that decides what is written; changes what is cached.
        examples: What PhotographExampleGen wrote.
        quarantine: What it set aside.
        statistics: Output.
        beam_pipeline: Filled in by TFX.
    """
    del code, fingerprint
    with tfx.dsl.io.fileio.open(os.path.join(quarantine.uri, COUNTS_FILE)) as file:
        total = sum(json.loads(file.read())["photographs"].values())
    splits = {split: split_files(examples.uri, split) for split in features.SPLITS}
    with beam_pipeline as root:
        add_readings(root, splits, total, statistics.uri)
    readings = take_readings(statistics.uri)
    metadata, unlabelled = _around(data, DATA_CONFIG.validate_json(config).spans)
    photographs = readings.photographs
    write_statistics(
        statistics.uri,
        DataStatistics(
            photographs=photographs,
            quarantined=(*_quarantined(quarantine.uri), *readings.unusable),
            metadata=bool(metadata) or _names_a_car(readings),
            average_masks=readings.average_masks,
            unlabelled=unlabelled,
            near_duplicates=near_duplicates(readings.fingerprints),
            samples=draw_samples(readings, [(each, ()) for each in choose_samples(photographs)]),
            extremes=draw_samples(
                readings, [(each, (what,)) for what, each in choose_extremes(photographs)]
            ),
        ),
    )
    statistics.set_string_custom_property("data", data)
    read = examples.get_string_custom_property("input_fingerprint")
    statistics.set_string_custom_property("fingerprint", read)
    statistics.set_int_custom_property("measures", MEASURES)
    statistics.set_int_custom_property("span", examples.span or 0)


def _around(
    data: str, spans: SpanConfig
) -> tuple[Mapping[str, tuple[str, str, int]], UnlabelledStatistics | None]:
    """Returns what metadata.csv says, and what waits in ``test/``."""
    if not data:
        return {}, None
    metadata: dict[str, tuple[str, str, int]] = {}
    folders = [span.path for span in resolve_spans(data, spans)]
    for folder in folders:
        metadata |= read_metadata(folder)
    return metadata, unlabelled_of(folders, metadata)


def _names_a_car(readings: Readings) -> bool:
    """Returns whether the examples know more than metadata.csv: TFRecord files bring their own."""
    return any(
        each.photograph.make or each.photograph.model or each.photograph.year >= 0
        for each in readings.photographs
    )


def _quarantined(uri: str) -> list[QuarantinedFile]:
    with tfx.dsl.io.fileio.open(os.path.join(uri, QUARANTINE_FILE)) as file:
        rows = [json.loads(line) for line in file]
    return [QuarantinedFile(row["file"], Reason(row["reason"]), row["detail"]) for row in rows]
