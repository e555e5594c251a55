"""Asks a candidate for masks, in process and in a server, and writes down what was seen."""

import dataclasses
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from evaluation.masked_photograph import decode_mask_png
from pipeline import progress
from pipeline.config import ServerCheckConfig
from serving.errors import ServingError, StatusCode
from serving.server.servable import Servable
from serving.server.server_flags import TENSORFLOW_MODEL_SERVER
from serving.server.server_process import EMBEDDED, ServerProcess
from serving.server.warmup_requests import write_warmup_requests
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

_SIGNATURE = "serving_default"
# A request that is given up is one that took too long; this much is left to the way there and back.
_ON_THE_WAY_S = 0.5


class MissingServer(RuntimeError):
    """The server that a candidate must run in is not on this machine."""


@dataclass(frozen=True)
class ServerEvidence:
    """What was seen.

    Attributes:
        server: ``tensorflow_model_server`` or ``embedded``.
        failure: Why it could not be asked for every mask; empty if it could. Nothing else counts
            then.
        start_seconds: From the server's start until it served, warm-up included.
        latencies: Seconds of each request, one at a time.
        differences: By the photograph's id, the share of its mask's pixels that were not those of
            the mask computed in process; the largest of all replies.
        unequal_replies: Replies that had other bytes than the one in process.
        peak_memory: Of the server's process, bytes.
    """

    server: str
    failure: str = ""
    start_seconds: float = 0.0
    latencies: tuple[float, ...] = ()
    differences: dict[str, float] = field(default_factory=dict)
    unequal_replies: int = 0
    peak_memory: int = 0


def gather_evidence(
    version: Path, photographs: dict[str, bytes], rule: ServerCheckConfig, log: Path
) -> ServerEvidence:
    """Asks the candidate for every photograph, in process first, then in a server.

    Args:
        version: The version's directory, alone below the model's. Gets the warm-up requests.
        photographs: JPEG or PNG files by id.
        rule: Which server, how often, and for how long it is waited.
        log: File that gets what the server says.

    Raises:
        MissingServer: If the rule names a server that is not on the PATH.
    """
    binary = _server_binary(rule)
    nothing = ServerEvidence(TENSORFLOW_MODEL_SERVER if binary else EMBEDDED)
    total = len(photographs) * (1 + rule.repetitions)
    try:
        expected = _masks_in_process(version, photographs, total)
    except ServingError as error:
        return dataclasses.replace(nothing, failure=f"not even in process: {error}")
    requests = {image_id: _request(version, image) for image_id, image in photographs.items()}
    if rule.warmup_requests:
        write_warmup_requests(version, [*requests.values()][: rule.warmup_requests])
    try:
        with ServerProcess(
            version.parent,
            version.parent.name,
            log=log,
            binary=binary,
            start_timeout_s=rule.max_start,
        ) as server:
            latencies, unequal = [], 0
            differences = dict.fromkeys(photographs, 0.0)
            for _ in range(rule.repetitions):
                for image_id, request in requests.items():
                    start = time.perf_counter()
                    mask = _ask(server, image_id, request, rule.max_slowest)
                    latencies.append(time.perf_counter() - start)
                    unequal += mask != expected[image_id]
                    share = _unequal_pixels(mask, expected[image_id])
                    differences[image_id] = max(differences[image_id], share)
                    progress.advance(total, nothing.server)
            return dataclasses.replace(
                nothing,
                start_seconds=server.start_seconds,
                latencies=tuple(latencies),
                differences=differences,
                unequal_replies=unequal,
                peak_memory=server.peak_memory(),
            )
    except ServingError as error:
        return dataclasses.replace(nothing, failure=error.message)


def _server_binary(rule: ServerCheckConfig) -> str | None:
    """Returns the path of tensorflow_model_server; None for the embedded server."""
    if rule.server == EMBEDDED:
        return None
    binary = shutil.which(TENSORFLOW_MODEL_SERVER)
    if binary is None and rule.server == TENSORFLOW_MODEL_SERVER:
        raise MissingServer(
            f"{TENSORFLOW_MODEL_SERVER} is not on the PATH; install it, or check in the embedded "
            "server with --set server_check.server=embedded"
        )
    return binary


def _masks_in_process(version: Path, photographs: dict[str, bytes], total: int) -> dict[str, bytes]:
    """Returns the PNG files by id; the model is freed again before anything is timed."""
    masks = {}
    with Servable.load(version) as servable:
        for image_id, image in photographs.items():
            inputs = {IMAGE_BYTES: np.array([image], dtype=object)}
            masks[image_id] = servable.predict(inputs, _SIGNATURE, [MASK_PNG_BYTES])[
                MASK_PNG_BYTES
            ][0]
            progress.advance(total, "in process")
    return masks


def _request(version: Path, image: bytes) -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.name = version.parent.name
    request.model_spec.signature_name = _SIGNATURE
    request.inputs[IMAGE_BYTES].CopyFrom(tf.make_tensor_proto([image], tf.string))
    request.output_filter.append(MASK_PNG_BYTES)
    return request


def _ask(
    server: ServerProcess, image_id: str, request: predict_pb2.PredictRequest, most_seconds: float
) -> bytes:
    try:
        reply = server.prediction.Predict(request, timeout=most_seconds + _ON_THE_WAY_S)
    except grpc.RpcError as error:
        code, details = error.code(), " ".join((error.details() or "").split())
        if code is grpc.StatusCode.DEADLINE_EXCEEDED:
            text = f"no mask of {image_id} within {most_seconds:g} s"
        else:
            text = server.how_it_ended() or f"no mask of {image_id}: {code.name}: {details}"
        raise ServingError(StatusCode(code.value[0]), text) from error
    masks = list(reply.outputs[MASK_PNG_BYTES].string_val)
    if len(masks) != 1:
        raise ServingError(StatusCode.INTERNAL, f"{len(masks)} masks of {image_id}, not one")
    return masks[0]


def _unequal_pixels(mask: bytes, expected: bytes) -> float:
    """Returns the share of pixels that differ; 1 where the two are no masks of one size."""
    if mask == expected:
        return 0.0
    try:
        pixels, expected_pixels = decode_mask_png(mask), decode_mask_png(expected)
    except ValueError:
        return 1.0
    if pixels.shape != expected_pixels.shape:
        return 1.0
    return float(np.mean(pixels != expected_pixels))
