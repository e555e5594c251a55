"""The ExampleGen for photographs without masks: what BulkInferrer is to mask.

What cannot be used is set aside here, not by the model: BulkInferrer asks in batches, and one
photograph that a model refuses would end its step.
"""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

import apache_beam as beam
import tensorflow as tf
from tfx import v1 as tfx

from components.folder_files import UnusableFolder, files_in
from components.photograph_example import check_image
from components.photograph_file import read_photograph_file
from components.quarantine import (
    QUARANTINE_FILE,
    Quarantine,
    QuarantinedFile,
    Reason,
    UnusablePhotograph,
)
from components.split_writer import split_folder
from pipeline import features, progress
from pipeline.config import DATA_CONFIG, PhotographLimits

UNLABELLED: Final = "unlabelled"

_SUFFIXES = (".jpg", ".jpeg", ".png")
_PER_SHARD = 64
# JPEG and PNG are compressed already.
_COMPRESSION_LEVEL = 0


@tfx.dsl.components.component(use_beam=True)
def UnlabelledExampleGen(  # noqa: N802 - a component is named like a class
    data: tfx.dsl.components.Parameter[str],
    fingerprint: tfx.dsl.components.Parameter[str],
    config: tfx.dsl.components.Parameter[str],
    code: tfx.dsl.components.Parameter[str],
    examples: tfx.dsl.components.OutputArtifact[tfx.types.standard_artifacts.Examples],
    quarantine: tfx.dsl.components.OutputArtifact[Quarantine],
    beam_pipeline: tfx.dsl.components.BeamComponentParameter[beam.Pipeline] = None,
) -> None:
    """Writes gzipped TFRecords of examples with ``image`` and ``image_id``, in one split.

    Args:
        data: Folder of JPEG and PNG files, on any file system that Beam reads; one level of it.
        fingerprint: Of its files; changes what is cached.
        config: A DataConfig as JSON, for the limits.
        code: Digest of the code that decides what is written; changes what is cached.
        examples: Output, the split ``unlabelled``.
        quarantine: Output, ``quarantine.jsonl``.
        beam_pipeline: Filled in by TFX.
    """
    del code
    paths, stray = _list(data)
    folder = split_folder(examples.uri, UNLABELLED)
    tf.io.gfile.makedirs(folder)
    examples.split_names = json.dumps([UNLABELLED])
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("input_fingerprint", fingerprint)
    count = -(-len(paths) // _PER_SHARD)
    parts = [(index, paths[index::count]) for index in range(count)]
    limits = DATA_CONFIG.validate_json(config).limits
    with beam_pipeline as root:
        unusable = (
            root
            | "Photographs" >> beam.Create(parts)
            | "Spread" >> beam.Reshuffle()
            | "Read and write" >> beam.ParDo(_WriteShard(folder, count, len(paths), limits))
        )
        _ = (
            (unusable, root | "Stray files" >> beam.Create(stray))
            | beam.Flatten()
            | "Lines" >> beam.Map(_line)
            | "Write quarantine"
            >> beam.io.WriteToText(
                os.path.join(quarantine.uri, QUARANTINE_FILE), shard_name_template=""
            )
        )


def _list(data: str) -> tuple[list[str], list[QuarantinedFile]]:
    """Returns the photographs' paths, sorted, and what is set aside by its name.

    Raises:
        UnusableFolder: If there is no photograph.
    """
    paths: dict[str, str] = {}
    stray = []
    for path in sorted(str(file.path) for file in files_in(data)):
        stem, suffix = os.path.splitext(os.path.basename(path))
        if suffix.lower() not in _SUFFIXES:
            fault = Reason.STRAY_FILE, "expected *.jpg, *.jpeg or *.png"
        elif stem in paths:
            fault = Reason.DUPLICATE_ID, f"{os.path.basename(paths[stem])} has the same id"
        else:
            paths[stem] = path
            continue
        stray.append(QuarantinedFile(path, *fault))
    if not paths:
        raise UnusableFolder(f"{data}: no photograph in it (*.jpg, *.jpeg, *.png)")
    return list(paths.values()), stray


class _WriteShard(beam.DoFn):
    """Writes the examples of one part; yields what cannot be used."""

    def __init__(self, folder: str, shards: int, total: int, limits: PhotographLimits) -> None:
        self._folder = folder
        self._shards = shards
        self._total = total
        self._limits = limits

    def process(self, part: tuple[int, list[str]]) -> Iterator[QuarantinedFile]:
        shard, paths = part
        # A runner may write a shard twice, at the same time even; readers pass over hidden files.
        partial = os.path.join(self._folder, f".{uuid.uuid4().hex}.partial")
        options = tf.io.TFRecordOptions("GZIP", compression_level=_COMPRESSION_LEVEL)
        with tf.io.TFRecordWriter(partial, options) as writer:
            for path in paths:
                try:
                    image = read_photograph_file(path)
                    check_image(image, self._limits)
                    writer.write(_example(path, image).SerializeToString())
                except UnusablePhotograph as fault:
                    yield QuarantinedFile(path, fault.reason, fault.detail)
                progress.advance(self._total, "photographs")
        name = f"data_tfrecord-{shard:05}-of-{self._shards:05}.gz"
        tf.io.gfile.rename(partial, os.path.join(self._folder, name), overwrite=True)


def _example(path: str, image: bytes) -> tf.train.Example:
    image_id = os.path.splitext(os.path.basename(path))[0]
    values = {features.IMAGE: image, features.IMAGE_ID: os.fsencode(image_id)}
    return tf.train.Example(
        features=tf.train.Features(
            feature={
                name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                for name, value in values.items()
            }
        )
    )


def _line(file: Any) -> str:
    return json.dumps(asdict(file) | {"reason": file.reason.value})
