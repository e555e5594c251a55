"""Finds what lies in more than one split: a score on photographs that were fitted says nothing."""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence

import apache_beam as beam
import tensorflow as tf

from evaluation.evidence import Leak
from evaluation.masked_photograph import MaskedPhotograph, records_of

_LEAKS_PREFIX = "leaks"


def add_leak_search(root: beam.Pipeline, splits: Mapping[str, Sequence[str]], output: str) -> None:
    """Adds the search to a Beam pipeline: cars by id, photographs by the digest of their bytes.

    Args:
        root: The pipeline.
        splits: Gzipped TFRecord files by split.
        output: Folder; gets what ``read_leaks`` reads.
    """
    files = [(split, path) for split, paths in splits.items() for path in paths]
    _ = (
        root
        | "Files of splits" >> beam.Create(files)
        | "Spread files" >> beam.Reshuffle()
        | "Identities" >> beam.FlatMap(_identities)
        | "By identity" >> beam.GroupByKey()
        | "In several splits" >> beam.FlatMap(_leak)
        | "Leak lines" >> beam.Map(json.dumps)
        | "Write leaks"
        >> beam.io.WriteToText(os.path.join(output, _LEAKS_PREFIX), file_name_suffix=".jsonl")
    )


def read_leaks(output: str) -> list[Leak]:
    """Reads what the search found."""
    leaks = []
    for path in tf.io.gfile.glob(os.path.join(output, f"{_LEAKS_PREFIX}-*.jsonl")):
        with tf.io.gfile.GFile(path) as file:
            leaks += [
                Leak(what, tuple(ids), tuple(in_)) for what, ids, in_ in map(json.loads, file)
            ]
    return sorted(leaks, key=lambda leak: (leak.what, leak.identity))


def _identities(file: tuple[str, str]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    split, path = file
    cars = set()
    for record in records_of([path]):
        photograph = MaskedPhotograph.parse(record)
        digest = hashlib.sha256(photograph.image).hexdigest()
        yield ("photograph", digest), (split, photograph.image_id)
        cars.add(photograph.group_id)
    for car in cars:
        yield ("car", car), (split, car)


def _leak(found: tuple[tuple[str, str], Iterable[tuple[str, str]]]) -> Iterator[list[object]]:
    (what, _), places = found
    places = list(places)
    splits = sorted({split for split, _ in places})
    if len(splits) > 1:
        yield [what, sorted({identity for _, identity in places}), splits]
