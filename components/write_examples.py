"""Reads, checks and writes the examples of a run, shard by shard.

Names are shared out over the shards, not bytes: a worker reads a photograph, checks it, writes it
to the file of its split and forgets it.
"""

from collections.abc import Iterator
from typing import Any

import apache_beam as beam

from components.photograph_example import photograph_example
from components.photograph_file import read_photograph_file
from components.photograph_folder import Photograph
from components.quarantine import QuarantinedFile, UnusablePhotograph
from components.record_example import check_example, parse_record
from components.record_file import read_record_file
from components.record_ids import Occurrences, id_of, ids_of, newest_of
from components.span_listing import RecordFile
from components.split import split_of
from components.split_writer import SplitWriter
from pipeline import features, progress
from pipeline.config import DataConfig

QUARANTINED = "quarantined"
CARS = "cars"

_PHOTOGRAPHS_PER_SHARD = 64
_MOST_SHARDS = 128


def write_photographs(
    root: beam.Pipeline, photographs: tuple[Photograph, ...], uri: str, config: DataConfig
) -> Any:
    """Reads photographs and writes their examples.

    Args:
        root: Beam pipeline.
        photographs: To read.
        uri: Of the Examples artifact.
        config: Limits, shares of the splits, and shards.

    Returns:
        PCollections by tag: ``CARS`` of ((split, car), 1) for each example written, and
        ``QUARANTINED`` of QuarantinedFile.
    """
    few = min(-(-len(photographs) // _PHOTOGRAPHS_PER_SHARD), _MOST_SHARDS)
    parts = _parts(photographs, config.shards or few)
    return (
        root
        | "Photographs" >> beam.Create(parts)
        | "Spread" >> beam.Reshuffle()
        | "Read and write"
        >> beam.ParDo(_WritePhotographs(uri, len(parts), config, len(photographs))).with_outputs(
            QUARANTINED, main=CARS
        )
    )


def write_records(
    root: beam.Pipeline, files: tuple[RecordFile, ...], uri: str, config: DataConfig
) -> Any:
    """Reads record files and writes those examples that follow the contract.

    The files are read twice: once for the ids alone, to find those that are not unique.

    Args:
        root: Beam pipeline.
        files: To read, at least one.
        uri: Of the Examples artifact.
        config: Limits, shares of the splits, and shards, of which there are no more than files.

    Returns:
        See ``write_photographs``.
    """
    repeated = (
        root
        | "Files for ids" >> beam.Create(files)
        | "Spread for ids" >> beam.Reshuffle()
        | "Ids" >> beam.FlatMap(ids_of)
        | "Newest" >> beam.CombinePerKey(newest_of)
        | "Repeated" >> beam.Filter(lambda id_and_count: id_and_count[1].records > 1)
    )
    parts = _parts(files, min(config.shards or _MOST_SHARDS, len(files)))
    return (
        root
        | "Files" >> beam.Create(parts)
        | "Spread" >> beam.Reshuffle()
        | "Read and write"
        >> beam.ParDo(
            _WriteRecords(uri, len(parts), config), repeated=beam.pvalue.AsDict(repeated)
        ).with_outputs(QUARANTINED, main=CARS)
    )


def _parts(items: tuple[Any, ...], count: int) -> list[tuple[int, tuple[Any, ...]]]:
    """Shares names out, each car over many parts; at least one part."""
    count = max(count, 1)
    return [(shard, items[shard::count]) for shard in range(count)]


class _WriteShard(beam.DoFn):
    """Writes the examples of one part; yields split, car and 1 for each."""

    def __init__(self, uri: str, shards: int, config: DataConfig) -> None:
        self._uri = uri
        self._shards = shards
        self._config = config

    def _write(self, writer: SplitWriter, example: Any) -> tuple[tuple[str, str], int]:
        group_id = example.features.feature[features.GROUP_ID].bytes_list.value[0].decode()
        split = split_of(group_id, self._config)
        writer.write(split, example)
        return (split, group_id), 1


class _WritePhotographs(_WriteShard):
    """Reads and checks photographs and their masks, one at a time."""

    def __init__(self, uri: str, shards: int, config: DataConfig, total: int) -> None:
        super().__init__(uri, shards, config)
        self._total = total

    def process(self, part: tuple[int, tuple[Photograph, ...]]) -> Iterator[Any]:
        shard, photographs = part
        with SplitWriter(self._uri, shard, self._shards) as writer:
            for photograph in photographs:
                try:
                    example = photograph_example(
                        photograph,
                        read_photograph_file(photograph.image_path),
                        read_photograph_file(photograph.mask_path),
                        self._config.limits,
                    )
                    yield self._write(writer, example)
                except UnusablePhotograph as fault:
                    yield _set_aside(photograph.image_path, fault)
                progress.advance(self._total, "photographs")


class _WriteRecords(_WriteShard):
    """Checks ready-made examples."""

    def process(
        self, part: tuple[int, tuple[RecordFile, ...]], repeated: dict[str, Occurrences]
    ) -> Iterator[Any]:
        shard, files = part
        with SplitWriter(self._uri, shard, self._shards) as writer:
            for file in files:
                for record in read_record_file(file.path):
                    if isinstance(record, QuarantinedFile):
                        yield beam.pvalue.TaggedOutput(QUARANTINED, record)
                    else:
                        yield self._check_and_write(writer, file, record, repeated)

    def _check_and_write(
        self,
        writer: SplitWriter,
        file: RecordFile,
        record: bytes,
        repeated: dict[str, Occurrences],
    ) -> Any:
        image_id = "?"
        try:
            example = parse_record(record)
            image_id = id_of(example)
            if (found := repeated.get(image_id)) is not None:
                found.check(file)
            check_example(example, self._config.limits)
            return self._write(writer, example)
        except UnusablePhotograph as fault:
            return _set_aside(f"{file.path}#{image_id}", fault)


def _set_aside(file: str, fault: UnusablePhotograph) -> beam.pvalue.TaggedOutput:
    return beam.pvalue.TaggedOutput(QUARANTINED, QuarantinedFile(file, fault.reason, fault.detail))
