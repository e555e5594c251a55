"""Finds what lies in more than one split: a score on photographs that were fitted says nothing."""

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import apache_beam as beam
import tensorflow as tf

from evaluation.evidence import Leak
from evaluation.masked_photograph import MaskedPhotograph, records_of

_LEAKS_PREFIX = "leaks"
# Of a car in each split: enough to look at.
_SHOWN = 2


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
            leaks += [Leak(what, *map(tuple, lists)) for what, *lists in map(json.loads, file)]
    return sorted(leaks, key=lambda leak: (leak.what, leak.identity))


def _identities(file: tuple[str, str]) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """Yields what is searched for with the split and a photograph that it was seen in."""
    split, path = file
    cars: dict[str, list[str]] = {}
    for record in records_of([path]):
        photograph = MaskedPhotograph.parse(record)
        digest = hashlib.sha256(photograph.image).hexdigest()
        yield ("photograph", digest), (split, photograph.image_id)
        seen = [*cars.get(photograph.group_id, ()), photograph.image_id]
        cars[photograph.group_id] = sorted(seen)[:_SHOWN]
    for car, image_ids in cars.items():
        for image_id in image_ids:
            yield ("car", car), (split, image_id)


def _leak(found: tuple[tuple[str, str], Iterable[tuple[str, str]]]) -> Iterator[list[object]]:
    (what, key), places = found
    in_split = defaultdict(set)
    for split, image_id in places:
        in_split[split].add(image_id)
    if len(in_split) == 1:
        return
    if what == "car":
        shown = [each for split in sorted(in_split) for each in sorted(in_split[split])[:_SHOWN]]
        yield [what, [key], sorted(in_split), list(dict.fromkeys(shown))]
    else:
        image_ids = sorted(set().union(*in_split.values()))
        yield [what, image_ids, sorted(in_split), image_ids]
