"""Which of the records of one id counts: that of the newest span, if it is the only one there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import tensorflow as tf

from components.quarantine import QuarantinedFile, Reason, UnusablePhotograph
from components.record_example import parse_record
from components.record_file import read_record_file
from components.span_listing import RecordFile, superseded_by
from pipeline import features


@dataclass(frozen=True)
class Occurrences:
    """Where an id was found.

    Attributes:
        span: The newest.
        in_span: Records of the id in that one.
        records: In all.
    """

    span: int
    in_span: int = 1
    records: int = 1

    def check(self, file: RecordFile) -> None:
        """Raises UnusablePhotograph unless the record in this file is the one that counts."""
        if file.span < self.span:
            raise UnusablePhotograph(Reason.SUPERSEDED, superseded_by(self.span))
        if self.in_span > 1:
            raise UnusablePhotograph(Reason.DUPLICATE_ID, f"{self.in_span} records have this id")


def newest_of(found: Iterable[Occurrences]) -> Occurrences:
    """Adds up what was found of one id, in any order and by parts."""
    newest = Occurrences(-1, 0, 0)
    for each in found:
        records = newest.records + each.records
        if each.span == newest.span:
            newest = Occurrences(each.span, newest.in_span + each.in_span, records)
        else:
            latest = max(newest, each, key=lambda either: either.span)
            newest = replace(latest, records=records)
    return newest


def ids_of(file: RecordFile) -> Iterator[tuple[str, Occurrences]]:
    """Yields the id of each record that has one."""
    for record in read_record_file(file.path):
        if isinstance(record, QuarantinedFile):
            continue
        try:
            yield id_of(parse_record(record)), Occurrences(file.span)
        except UnusablePhotograph:
            continue  # Whoever checks it meets it again and sets it aside.


def id_of(example: tf.train.Example) -> str:
    """Returns the id of an example that ``parse_record`` let through."""
    return example.features.feature[features.IMAGE_ID].bytes_list.value[0].decode()
