"""Looks at every photograph of a run's examples once, on Beam.

Each worker reads a file of records, one photograph in memory at a time, and writes the numbers to a
file of its own: no photograph is ever passed between steps, and only numbers are collected.
"""

import base64
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tfx import v1 as tfx

from components.quarantine import QuarantinedFile, Reason, UnusablePhotograph
from evaluation.masked_photograph import decode_mask_png, records_of
from pipeline import progress
from report.data.average_mask import AverageMasks
from report.data.data_statistics import PhotographStatistics
from report.data.near_duplicates import Fingerprint
from report.data.read_example import image_of, mask_of, photograph_of, read_example
from report.data.samples import draw_sample
from report.data.stored_statistics import photograph_of_row, row_of
from report.picture import Picture

_FOLDER = "readings"


@dataclass(frozen=True)
class Readings:
    """What was seen of all photographs.

    Attributes:
        photographs: Sorted by id.
        fingerprints: In the same order.
        places: File of records, and number of the record in it, in the same order.
        unusable: Photographs that OpenCV cannot decode.
        average_masks: See ``DataStatistics``.
    """

    photographs: tuple[PhotographStatistics, ...]
    fingerprints: tuple[Fingerprint, ...]
    places: tuple[tuple[str, int], ...]
    unusable: tuple[QuarantinedFile, ...]
    average_masks: Mapping[int | None, NDArray[np.float32]]


def add_readings(
    root: beam.Pipeline, splits: Mapping[str, Sequence[str]], total: int, output: str
) -> None:
    """Adds the reading of all photographs to a Beam pipeline.

    Args:
        root: The pipeline.
        splits: Gzipped TFRecord files of examples by split.
        total: Photographs in them, for the progress bar.
        output: Folder; ``take_readings`` finds there what was seen.
    """
    files = [(split, path) for split, paths in splits.items() for path in paths]
    readings = os.path.join(output, _FOLDER)
    tfx.dsl.io.fileio.makedirs(readings)
    _ = (
        root
        | "Files" >> beam.Create([(number, *file) for number, file in enumerate(files)])
        | "Spread" >> beam.Reshuffle()
        | "Look" >> beam.Map(_look_at_file, total=total, output=readings)
    )


def take_readings(output: str) -> Readings:
    """Collects what the workers saw, and removes their files.

    Args:
        output: As for ``add_readings``, when the pipeline has run.

    Returns:
        About three kilobytes per photograph.
    """
    readings = os.path.join(output, _FOLDER)
    seen: list[tuple[PhotographStatistics, Fingerprint, tuple[str, int]]] = []
    unusable: list[QuarantinedFile] = []
    masks = AverageMasks()
    for path in sorted(tfx.dsl.io.fileio.glob(os.path.join(readings, "*.jsonl"))):
        with tfx.dsl.io.fileio.open(path) as file:
            for line in file:
                row = json.loads(line)
                if "fault" in row:
                    name, reason, detail = row["fault"]
                    unusable.append(QuarantinedFile(name, Reason(reason), detail))
                else:
                    seen.append(_reading_of(row))
    for path in tfx.dsl.io.fileio.glob(os.path.join(readings, "*.npz")):
        with tfx.dsl.io.fileio.open(path, "rb") as file:
            for name, stacked in np.load(io.BytesIO(file.read())).items():
                # The last row holds the count.
                masks.add_sum(int(name), stacked[:-1], int(stacked[-1, 0]))
    tfx.dsl.io.fileio.rmtree(readings)
    seen.sort(key=lambda each: each[0].photograph.image_id)
    photographs, fingerprints, places = zip(*seen, strict=True) if seen else ((), (), ())
    return Readings(photographs, fingerprints, places, tuple(unusable), masks.means())


def draw_samples(
    readings: Readings, chosen: Iterable[tuple[PhotographStatistics, tuple[str, ...]]]
) -> tuple[Picture, ...]:
    """Draws a few photographs; reads only the files they are in, each up to the last one.

    Args:
        readings: Of all.
        chosen: Photographs of those, each with the lines above its car's name.

    Returns:
        Their pictures, in the same order.
    """
    chosen = list(chosen)
    wanted = {id(each) for each, _ in chosen}
    by_file: dict[str, dict[int, PhotographStatistics]] = {}
    for each, (path, number) in zip(readings.photographs, readings.places, strict=True):
        if id(each) in wanted:
            by_file.setdefault(path, {})[number] = each
    drawn: dict[tuple[int, tuple[str, ...]], Picture] = {}
    for path, numbers in sorted(by_file.items()):
        for number, record in enumerate(records_of([path])):
            if number in numbers:
                example = tf.train.Example.FromString(record)
                each = numbers[number]
                for caption in {lines for of, lines in chosen if of is each}:
                    drawn[id(each), caption] = _draw(each, example, caption)
            if number >= max(numbers):
                break
    return tuple(drawn[id(each), caption] for each, caption in chosen)


def _draw(
    each: PhotographStatistics, example: tf.train.Example, caption: tuple[str, ...]
) -> Picture:
    mask = mask_of(example)
    pixels = None if mask is None else decode_mask_png(mask)
    return draw_sample(each, image_of(example), pixels, *caption)


def _look_at_file(file_of_split: tuple[int, str, str], total: int, output: str) -> None:
    """Writes what is seen in a file of records; a worker that does it again writes the same."""
    number, split, path = file_of_split
    masks = AverageMasks()
    place = os.path.join(output, f"{number:05}")
    with tfx.dsl.io.fileio.open(f"{place}.jsonl", "w") as file:
        for index, record in enumerate(records_of([path])):
            example = tf.train.Example.FromString(record)
            try:
                read = read_example(example, split)
            except UnusablePhotograph as fault:
                name = f"{path}#{photograph_of(example).image_id}"
                row: dict[str, Any] = {"fault": [name, fault.reason.value, fault.detail]}
            else:
                row = {
                    "numbers": row_of(read.statistics),
                    "digest": read.fingerprint.digest.hex(),
                    "look": base64.b64encode(read.fingerprint.look.tobytes()).decode(),
                    "place": [path, index],
                }
                if read.small_mask is not None:
                    masks.add(read.statistics.photograph.pose, read.small_mask)
            file.write(json.dumps(row) + "\n")
            progress.advance(total, "photographs")
    sums = {
        str(pose): np.vstack([masks_of, np.full_like(masks_of[:1], count)])
        for pose, (masks_of, count) in masks.sums().items()
    }
    packed = io.BytesIO()
    np.savez_compressed(packed, **sums)
    with tfx.dsl.io.fileio.open(f"{place}.npz", "wb") as file:
        file.write(packed.getvalue())


def _reading_of(row: dict[str, Any]) -> tuple[PhotographStatistics, Fingerprint, tuple[str, int]]:
    statistics = photograph_of_row(row["numbers"])
    look = np.frombuffer(base64.b64decode(row["look"]), np.float16)
    path, number = row["place"]
    fingerprint = Fingerprint(
        statistics.photograph.image_id, statistics.split, bytes.fromhex(row["digest"]), look
    )
    return statistics, fingerprint, (path, number)
