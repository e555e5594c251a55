"""What can be told of a servable from its files, without loading it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from serving.server.warmup_requests import WARMUP_FILE
from serving.signing.signer import SIGNATURE_FILE

MODEL_FILE = "saved_model.pb"
_INTERNAL = "__"  # TensorFlow's own signatures begin so.


@dataclass(frozen=True)
class NamedTensor:
    """An input or output of a signature.

    Attributes:
        name: By which a request or a reply names it.
        dtype: Such as ``string``.
        shape: Such as ``[N, 128, 128]``; N is the number of photographs in a request.
    """

    name: str
    dtype: str
    shape: str


@dataclass(frozen=True)
class Signature:
    """One of the questions that a servable answers.

    Attributes:
        name: By which a request asks for it.
        inputs: What it takes.
        outputs: What it gives.
    """

    name: str
    inputs: tuple[NamedTensor, ...]
    outputs: tuple[NamedTensor, ...]


@dataclass(frozen=True)
class ServableFacts:
    """A version directory, from outside.

    Attributes:
        signatures: Sorted by name, ``serving_default`` first.
        tensorflow: Version that wrote it.
        graph_bytes: Of saved_model.pb.
        all_bytes: Of all its files.
        warmup_requests: That a server sends to itself before it serves.
        signed: Whether a signature lies in it. Whether it is right is for a key to tell.
    """

    signatures: tuple[Signature, ...]
    tensorflow: str
    graph_bytes: int
    all_bytes: int
    warmup_requests: int
    signed: bool


def servable_facts(folder: str) -> ServableFacts | None:
    """Reads a version directory.

    Args:
        folder: With a SavedModel.

    Returns:
        None where there is no SavedModel.

    Raises:
        google.protobuf.message.DecodeError: If saved_model.pb is something else.
    """
    path = os.path.join(folder, MODEL_FILE)
    if not tf.io.gfile.exists(path):
        return None
    with tf.io.gfile.GFile(path, "rb") as file:
        graph = file.read()
    meta_graph = saved_model_pb2.SavedModel.FromString(graph).meta_graphs[0]
    warmup = os.path.join(folder, WARMUP_FILE)
    return ServableFacts(
        signatures=tuple(_signatures(meta_graph)),
        tensorflow=meta_graph.meta_info_def.tensorflow_version,
        graph_bytes=len(graph),
        all_bytes=sum(tf.io.gfile.stat(each).length for each in _files(folder)),
        warmup_requests=sum(1 for _ in tf.data.TFRecordDataset(warmup))
        if tf.io.gfile.exists(warmup)
        else 0,
        signed=tf.io.gfile.exists(os.path.join(folder, SIGNATURE_FILE)),
    )


def _files(folder: str) -> Iterator[str]:
    for place, _, names in tf.io.gfile.walk(folder):
        for name in names:
            yield os.path.join(place, name)


def _signatures(meta_graph: meta_graph_pb2.MetaGraphDef) -> Iterator[Signature]:
    known = {
        name: definition
        for name, definition in meta_graph.signature_def.items()
        if not name.startswith(_INTERNAL)
    }
    for name in sorted(known, key=lambda each: (each != "serving_default", each)):
        yield Signature(
            name,
            tuple(_tensor(key, known[name].inputs[key]) for key in sorted(known[name].inputs)),
            tuple(_tensor(key, known[name].outputs[key]) for key in sorted(known[name].outputs)),
        )


def _tensor(name: str, info: meta_graph_pb2.TensorInfo) -> NamedTensor:
    dtype = types_pb2.DataType.Name(info.dtype).removeprefix("DT_").lower()
    if info.tensor_shape.unknown_rank:
        return NamedTensor(name, dtype, "any")
    sizes = [dimension.size for dimension in info.tensor_shape.dim]
    letters = [
        str(size) if size >= 0 else ("N" if place == 0 else "?") for place, size in enumerate(sizes)
    ]
    return NamedTensor(name, "float32" if dtype == "float" else dtype, f"[{', '.join(letters)}]")
