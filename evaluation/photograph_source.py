"""Photographs with masks to score, as a user has them: a folder of files, or TFRecord files.

Only names and ids are looked at up front; workers read the files themselves, one photograph at a
time, and set aside what cannot be used.
"""

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any, Protocol

import apache_beam as beam
import tensorflow as tf

from components.photograph_example import photograph_example
from components.photograph_file import read_photograph_file
from components.photograph_folder import Photograph, list_folder
from components.quarantine import QuarantinedFile, Reason, UnusablePhotograph
from components.record_example import check_example, parse_record
from evaluation.masked_photograph import MaskedPhotograph
from pipeline import features, progress
from pipeline.config import PhotographLimits

_QUARANTINED = "quarantined"
_EXAMPLES = "examples"
# One share of the records each; more than workers, so that none waits for the last one.
_SHARES = 16
# What is too large each model says itself.
_ANY_SIZE = PhotographLimits(2**31 - 1, 2**31 - 1)


class PhotographSource(Protocol):
    """Where photographs come from.

    Attributes:
        total: Photographs to read.
        quarantined: Files that are known to be unusable before any is read.
    """

    total: int
    quarantined: tuple[QuarantinedFile, ...]

    def read(self, root: beam.Pipeline) -> tuple[Any, Any]:
        """Adds the reading to a Beam pipeline.

        Returns:
            PCollections of serialized examples, and of the QuarantinedFile of all others.
        """

    def find(self, image_ids: set[str]) -> dict[str, MaskedPhotograph]:
        """Reads a few photographs that could be used, by their ids."""


def open_source(folder: str) -> PhotographSource:
    """Lists what a folder holds.

    Args:
        folder: Kaggle's layout, or TFRecord files that follow the data contract, see
            ``components.photograph_folder.list_folder``.

    Raises:
        components.photograph_folder.UnusableFolder: If it holds neither, or both.
    """
    listing = list_folder(folder)
    if listing.records:
        return RecordFiles(listing.records)
    return PhotographFiles(listing.photographs, listing.quarantined)


class PhotographFiles:
    """A folder in Kaggle's layout."""

    def __init__(
        self, photographs: tuple[Photograph, ...], quarantined: tuple[QuarantinedFile, ...]
    ) -> None:
        """Takes what ``list_folder`` found."""
        self.total = len(photographs)
        self.quarantined = quarantined
        self._photographs = photographs

    def read(self, root: beam.Pipeline) -> tuple[Any, Any]:
        """See ``PhotographSource``."""
        read = (
            root
            | "Photographs" >> beam.Create(self._photographs)
            | "Spread" >> beam.Reshuffle()
            | "Read"
            >> beam.ParDo(_ReadPhotograph(self.total)).with_outputs(_QUARANTINED, main=_EXAMPLES)
        )
        return read[_EXAMPLES], read[_QUARANTINED]

    def find(self, image_ids: set[str]) -> dict[str, MaskedPhotograph]:
        """See ``PhotographSource``."""
        return {
            each.image_id: MaskedPhotograph.parse(_example_of(each))
            for each in self._photographs
            if each.image_id in image_ids
        }


class RecordFiles:
    """TFRecord files, gzipped or not."""

    def __init__(self, paths: tuple[str, ...]) -> None:
        """Reads the ids of all records; those that are not unique cannot be used."""
        ids: Counter[str] = Counter()
        broken = []
        for path in paths:
            try:
                for record in _records_of(path):
                    ids[_image_id(record)] += 1
            except tf.errors.OpError as error:
                first_line = str(error.message).partition("\n")[0]
                detail = f"broken record file, the rest of it is lost: {first_line}"
                broken.append(QuarantinedFile(path, Reason.UNREADABLE, detail))
        self.total = ids.total()
        self.quarantined = tuple(broken)
        self._paths = paths
        self._repeated = {each: count for each, count in ids.items() if each and count > 1}

    def read(self, root: beam.Pipeline) -> tuple[Any, Any]:
        """See ``PhotographSource``."""
        shares = min(_SHARES, self.total)
        read = (
            root
            | "Shares" >> beam.Create([(self._paths, index, shares) for index in range(shares)])
            | "Spread" >> beam.Reshuffle()
            | "Records" >> beam.FlatMap(_records_of_share)
            | "Check"
            >> beam.ParDo(_CheckRecord(self._repeated, self.total)).with_outputs(
                _QUARANTINED, main=_EXAMPLES
            )
        )
        return read[_EXAMPLES], read[_QUARANTINED]

    def find(self, image_ids: set[str]) -> dict[str, MaskedPhotograph]:
        """See ``PhotographSource``."""
        wanted = (record for _, record in _intact(self._paths) if _image_id(record) in image_ids)
        return {each.image_id: each for each in map(MaskedPhotograph.parse, wanted)}


class _ReadPhotograph(beam.DoFn):
    """Reads and checks one photograph and its mask."""

    def __init__(self, total: int) -> None:
        self._total = total

    def process(self, photograph: Photograph) -> Iterator[Any]:
        try:
            yield _example_of(photograph)
        except UnusablePhotograph as fault:
            yield _set_aside(photograph.image_path, fault, self._total)


class _CheckRecord(beam.DoFn):
    """Checks one ready-made example."""

    def __init__(self, repeated: dict[str, int], total: int) -> None:
        self._repeated = repeated
        self._total = total

    def process(self, path_and_record: tuple[str, bytes]) -> Iterator[Any]:
        path, record = path_and_record
        image_id = _image_id(record)
        try:
            if image_id in self._repeated:
                raise UnusablePhotograph(
                    Reason.DUPLICATE_ID, f"{self._repeated[image_id]} records have this id"
                )
            check_example(parse_record(record), _ANY_SIZE)
            yield record
        except UnusablePhotograph as fault:
            yield _set_aside(f"{path}#{image_id or '?'}", fault, self._total)


def _set_aside(file: str, fault: UnusablePhotograph, total: int) -> beam.pvalue.TaggedOutput:
    progress.advance(total, "photographs")
    return beam.pvalue.TaggedOutput(_QUARANTINED, QuarantinedFile(file, fault.reason, fault.detail))


def _example_of(photograph: Photograph) -> bytes:
    files = (
        read_photograph_file(photograph.image_path),
        read_photograph_file(photograph.mask_path),
    )
    return photograph_example(photograph, *files, _ANY_SIZE).SerializeToString()


def _image_id(record: bytes) -> str:
    """Returns a record's id; empty where it has none, which its check says again."""
    try:
        example = parse_record(record)
    except UnusablePhotograph:
        return ""
    return example.features.feature[features.IMAGE_ID].bytes_list.value[0].decode()


def _records_of(path: str) -> Iterator[bytes]:
    compression = "GZIP" if path.lower().endswith(".gz") else ""
    return iter(tf.data.TFRecordDataset(path, compression_type=compression).as_numpy_iterator())


def _intact(paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    """Yields path and bytes of all records up to where a file is broken."""
    for path in paths:
        # The list of files set aside says it already.
        with contextlib.suppress(tf.errors.OpError):
            for record in _records_of(path):
                yield path, record


def _records_of_share(
    share: tuple[tuple[str, ...], int, int],
) -> Iterator[tuple[str, bytes]]:
    paths, index, shares = share
    return itertools.islice(_intact(paths), index, None, shares)
