"""The ExampleGen for a folder of photographs and masks.

TFX's own ExampleGens know CSV, TFRecord, Parquet and Avro. This one reads image files with Beam,
splits by car, and sets aside what cannot be used. Only names are listed up front; the files' bytes
pass through one at a time, so that memory does not grow with the number of photographs.
"""

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx import v1 as tfx

from components import photograph_folder
from components.photograph_example import photograph_example
from components.photograph_file import read_photograph_file
from components.photograph_folder import Photograph
from components.quarantine import (
    COUNTS_FILE,
    QUARANTINE_FILE,
    Quarantine,
    QuarantinedFile,
    Reason,
    UnusablePhotograph,
)
from components.record_example import check_example, parse_record
from components.split import split_of
from pipeline import features, progress
from pipeline.config import DATA_CONFIG, DataConfig, PhotographLimits

_QUARANTINED = "quarantined"
_EXAMPLES = "examples"
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
        data: Folder in Kaggle's layout, or with TFRecord files that follow the data contract.
        fingerprint: Of the folder (``photograph_folder.fingerprint``); changes what is cached.
        config: A DataConfig as JSON.
        code: Digest of the code that decides what is written; changes what is cached.
        examples: Output, the splits of ``features.SPLITS``.
        quarantine: Output, see components/quarantine.py.
        beam_pipeline: Filled in by TFX.
    """
    del fingerprint, code
    data_config = DATA_CONFIG.validate_json(config)
    listing = photograph_folder.list_folder(data)
    examples.split_names = json.dumps(list(features.SPLITS))
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.span = 0
    index = os.path.join(quarantine.uri, _INDEX_FILE)

    with beam_pipeline as root:
        if listing.records:
            read = _read_records(root, listing.records, data_config.limits)
        else:
            read = (
                root
                | "Photographs" >> beam.Create(listing.photographs)
                | "Spread" >> beam.Reshuffle()
                | "Read"
                >> beam.ParDo(
                    _ReadPhotograph(len(listing.photographs), data_config.limits)
                ).with_outputs(_QUARANTINED, main=_EXAMPLES)
            )
        for split in features.SPLITS:
            _ = (
                read[_EXAMPLES]
                | f"Only {split}" >> beam.Filter(_is_of_split, split, data_config)
                | f"Serialize {split}" >> beam.Map(lambda e: e.SerializeToString())
                | f"Write {split}"
                >> beam.io.WriteToTFRecord(
                    os.path.join(examples.uri, f"Split-{split}", "data_tfrecord"),
                    file_name_suffix=".gz",
                )
            )
        _ = (
            read[_EXAMPLES]
            | "Index" >> beam.Map(_index_entry, data_config)
            | "Write index" >> beam.io.WriteToText(index, shard_name_template="")
        )
        named_badly = root | "Named badly" >> beam.Create(listing.quarantined)
        _ = (
            (named_badly, read[_QUARANTINED])
            | beam.Flatten()
            | "Line" >> beam.Map(_quarantine_line)
            | "Write quarantine"
            >> beam.io.WriteToText(
                os.path.join(quarantine.uri, QUARANTINE_FILE), shard_name_template=""
            )
        )
    _write_counts(quarantine.uri, index, listing.groups_without_metadata)


class _ReadPhotograph(beam.DoFn):
    """Reads and checks one photograph and its mask."""

    def __init__(self, total: int, limits: PhotographLimits) -> None:
        self._total = total
        self._limits = limits

    def process(self, photograph: Photograph) -> Iterator[Any]:
        try:
            yield photograph_example(
                photograph,
                read_photograph_file(photograph.image_path),
                read_photograph_file(photograph.mask_path),
                self._limits,
            )
        except UnusablePhotograph as fault:
            yield beam.pvalue.TaggedOutput(
                _QUARANTINED,
                QuarantinedFile(photograph.image_path, fault.reason, fault.detail),
            )
        progress.advance(self._total, "photographs")


def _read_records(root: beam.Pipeline, paths: tuple[str, ...], limits: PhotographLimits) -> Any:
    """Reads TFRecord files twice: once for the ids alone, to find those that are not unique."""
    repeated = (
        _records(root, paths, "for ids")
        | "Ids" >> beam.FlatMap(_image_id)
        | "Count ids" >> beam.combiners.Count.PerElement()
        | "Repeated" >> beam.Filter(lambda id_and_count: id_and_count[1] > 1)
    )
    return _records(root, paths, "for examples") | "Check" >> beam.ParDo(
        _CheckRecord(limits), repeated=beam.pvalue.AsDict(repeated)
    ).with_outputs(_QUARANTINED, main=_EXAMPLES)


def _records(root: beam.Pipeline, paths: tuple[str, ...], purpose: str) -> Any:
    return (
        root
        | f"Record files {purpose}" >> beam.Create(paths)
        | f"Records {purpose}" >> beam.FlatMap(_records_of)
    )


def _records_of(path: str) -> Iterator[tuple[str, bytes | QuarantinedFile]]:
    """Yields the records of a file; where it is broken, that instead of all that would follow."""
    compression = "GZIP" if path.lower().endswith(".gz") else ""
    records = tf.data.TFRecordDataset(path, compression_type=compression).as_numpy_iterator()
    try:
        for record in records:
            yield path, record
    except tf.errors.OpError as error:
        detail = f"broken record file, the rest of it is lost: {str(error.message).splitlines()[0]}"
        yield path, QuarantinedFile(path, Reason.UNREADABLE, detail)


def _image_id(path_and_record: tuple[str, bytes | QuarantinedFile]) -> Iterator[str]:
    record = path_and_record[1]
    if isinstance(record, QuarantinedFile):
        return
    try:
        example = parse_record(record)
    except UnusablePhotograph:
        return  # _CheckRecord meets it again and sets it aside.
    yield example.features.feature[features.IMAGE_ID].bytes_list.value[0].decode()


class _CheckRecord(beam.DoFn):
    """Checks one ready-made example."""

    def __init__(self, limits: PhotographLimits) -> None:
        self._limits = limits

    def process(
        self, path_and_record: tuple[str, bytes | QuarantinedFile], repeated: dict[str, int]
    ) -> Iterator[Any]:
        path, record = path_and_record
        if isinstance(record, QuarantinedFile):
            yield beam.pvalue.TaggedOutput(_QUARANTINED, record)
            return
        image_id = "?"
        try:
            example = parse_record(record)
            image_id = example.features.feature[features.IMAGE_ID].bytes_list.value[0].decode()
            if image_id in repeated:
                raise UnusablePhotograph(
                    Reason.DUPLICATE_ID, f"{repeated[image_id]} records have this id"
                )
            check_example(example, self._limits)
            yield example
        except UnusablePhotograph as fault:
            yield beam.pvalue.TaggedOutput(
                _QUARANTINED, QuarantinedFile(f"{path}#{image_id}", fault.reason, fault.detail)
            )


def _group_id(example: Any) -> str:
    return example.features.feature[features.GROUP_ID].bytes_list.value[0].decode()


def _is_of_split(example: Any, split: str, config: DataConfig) -> bool:
    return split_of(_group_id(example), config) == split


def _index_entry(example: Any, config: DataConfig) -> str:
    group_id = _group_id(example)
    return json.dumps({"group_id": group_id, "split": split_of(group_id, config)})


def _quarantine_line(file: QuarantinedFile) -> str:
    return json.dumps(dataclasses.asdict(file) | {"reason": file.reason.value})


def _write_counts(uri: str, index: str, groups_without_metadata: tuple[str, ...]) -> None:
    with tfx.dsl.io.fileio.open(index) as file:
        entries = [json.loads(line) for line in file]
    with tfx.dsl.io.fileio.open(os.path.join(uri, QUARANTINE_FILE)) as file:
        reasons = Counter(json.loads(line)["reason"] for line in file)
    photographs = Counter(entry["split"] for entry in entries)
    groups = {(entry["split"], entry["group_id"]) for entry in entries}
    groups_per_split = Counter(split for split, _ in groups)
    counts = {
        "photographs": {split: photographs[split] for split in features.SPLITS},
        "groups": {split: groups_per_split[split] for split in features.SPLITS},
        "quarantined": dict(sorted(reasons.items())),
        "groups_without_metadata": list(groups_without_metadata),
    }
    with tfx.dsl.io.fileio.open(os.path.join(uri, COUNTS_FILE), "w") as file:
        file.write(json.dumps(counts, indent=2))
