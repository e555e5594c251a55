"""The ExampleGen for folders of photographs and masks.

TFX's own ExampleGens know CSV, TFRecord, Parquet and Avro. This one reads image files with Beam,
splits by car, and sets aside what cannot be used. Only names are listed up front and shared out;
the files' bytes pass through one at a time, so that memory does not grow with the number of
photographs.
"""

import dataclasses
import json
import os
from collections import Counter
from typing import Any

import apache_beam as beam
from tfx import v1 as tfx

from components.quarantine import COUNTS_FILE, QUARANTINE_FILE, Quarantine, QuarantinedFile
from components.span_listing import SpanListing, list_spans
from components.spans import Span, resolve_spans
from components.split_writer import remove_unfinished
from components.write_examples import CARS, QUARANTINED, write_photographs, write_records
from pipeline import features
from pipeline.config import DATA_CONFIG

_INDEX_FILE = "index.jsonl"


@tfx.dsl.components.component(use_beam=True)
def PhotographExampleGen(  # noqa: N802 - a component is named like a class
    data: tfx.dsl.components.Parameter[str],
    fingerprint: tfx.dsl.components.Parameter[str],
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Examples],
    quarantine: tfx.dsl.components.OutputArtifact[Quarantine],
    beam_pipeline: tfx.dsl.components.BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Writes gzipped TFRecords of examples, one folder per split, and the quarantine list.

    Args:
        data: Folder in Kaggle's layout, or with TFRecord files that follow the data contract, or a
            pattern of such folders (components/span_pattern.py); local, or a URL that Beam reads.
        fingerprint: Of the spans taken (``span_listing.spans_fingerprint``); changes what is
            cached.
        config: A DataConfig as JSON.
        code: Digest of the code that decides what is written; changes what is cached.
        examples: Output, the splits of ``features.SPLITS``. Its span and version are those of the
            newest span, as TFX's ExampleGens set them; the custom property ``spans`` names all.
        quarantine: Output, see components/quarantine.py.
        beam_pipeline: Filled in by TFX.
    """
    del code
    data_config = DATA_CONFIG.validate_json(config)
    spans = resolve_spans(data, data_config.spans)
    listing = list_spans(spans)
    _describe(examples, spans, fingerprint)
    index = os.path.join(quarantine.uri, _INDEX_FILE)

    with beam_pipeline as root:
        if listing.records:
            written = write_records(root, listing.records, examples.uri, data_config)
        else:
            written = write_photographs(root, listing.photographs, examples.uri, data_config)
        _ = (
            written[CARS]
            | "Count photographs" >> beam.CombinePerKey(sum)
            | "Index" >> beam.Map(_index_line)
            | "Write index" >> beam.io.WriteToText(index, shard_name_template="")
        )
        named_badly = root | "Named badly" >> beam.Create(listing.quarantined)
        _ = (
            (named_badly, written[QUARANTINED])
            | beam.Flatten()
            | "Line" >> beam.Map(_quarantine_line)
            | "Write quarantine"
            >> beam.io.WriteToText(
                os.path.join(quarantine.uri, QUARANTINE_FILE), shard_name_template=""
            )
        )
    remove_unfinished(examples.uri)
    _write_counts(quarantine.uri, index, listing)


def _describe(examples: Any, spans: tuple[Span, ...], fingerprint: str) -> None:
    """Sets the properties by which TFX reads and finds the artifact."""
    newest = spans[-1]
    examples.split_names = json.dumps(list(features.SPLITS))
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("input_fingerprint", fingerprint)
    # Twice, as TFX does: some of its resolvers read the property, some the custom one.
    examples.span = newest.number
    examples.set_int_custom_property("span", newest.number)
    if newest.version is not None:
        examples.version = newest.version
        examples.set_int_custom_property("version", newest.version)
    named = [dataclasses.asdict(span) for span in spans]
    examples.set_string_custom_property("spans", json.dumps(named))


def _index_line(car_and_photographs: tuple[tuple[str, str], int]) -> str:
    (split, group_id), photographs = car_and_photographs
    return json.dumps({"group_id": group_id, "split": split, "photographs": photographs})


def _quarantine_line(file: QuarantinedFile) -> str:
    return json.dumps(dataclasses.asdict(file) | {"reason": file.reason.value})


def _write_counts(uri: str, index: str, listing: SpanListing) -> None:
    photographs: Counter[str] = Counter()
    groups: Counter[str] = Counter()
    with tfx.dsl.io.fileio.open(index) as file:
        for line in file:
            car = json.loads(line)
            photographs[car["split"]] += car["photographs"]
            groups[car["split"]] += 1
    with tfx.dsl.io.fileio.open(os.path.join(uri, QUARANTINE_FILE)) as file:
        reasons = Counter(json.loads(line)["reason"] for line in file)
    counts = {
        "photographs": {split: photographs[split] for split in features.SPLITS},
        "groups": {split: groups[split] for split in features.SPLITS},
        "quarantined": dict(sorted(reasons.items())),
        "groups_without_metadata": list(listing.groups_without_metadata),
    }
    with tfx.dsl.io.fileio.open(os.path.join(uri, COUNTS_FILE), "w") as file:
        file.write(json.dumps(counts, indent=2))
