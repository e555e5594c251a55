"""Replays the requests that a model brings along, so that its first caller does not pay for them.

They lie in the SavedModel as ``assets.extra/tf_serving_warmup_requests``, a TFRecord file of
PredictionLog messages, at most 1,000. Whatever goes wrong with one of them fails the load, as in
TensorFlow Serving: a version that cannot answer its own sample must not serve.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.errors import ServingError, StatusCode
from serving.server import tensor_proto
from serving.server.metrics import ServerMetrics
from serving.server.predictor import Predictor
from serving.server.servable import DEFAULT_SIGNATURE
from serving.server.warmup_requests import MOST_REQUESTS, WARMUP_FILE


def warm_up(
    predictor: Predictor,
    directory: Path,
    metrics: ServerMetrics,
    *,
    iterations: int = 1,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Replays a version's warm-up requests; a version without any is fine.

    Predict logs only: a log of another kind (classify, regress, multi-inference, session run)
    fails, because this server does not serve it.

    Args:
        predictor: The loaded version.
        directory: Where it was loaded from.
        metrics: Notes the time and the number of requests.
        iterations: How often each request is sent.
        is_cancelled: Asked before each record; if so, the warm-up fails.

    Raises:
        ServingError: The status of the request that failed, INVALID_ARGUMENT for more than 1,000
            records or one that is no PredictionLog, DATA_LOSS for what is no TFRecord file,
            UNIMPLEMENTED for a log of another kind, CANCELLED.
    """
    path = directory / WARMUP_FILE
    if not path.is_file():
        return
    started = time.monotonic()
    status, count = StatusCode.OK, 0
    try:
        with contextlib.closing(_records(path)) as records:
            for record in records:
                if is_cancelled():
                    raise ServingError(StatusCode.CANCELLED, f"Warm-up cancelled: {path}")
                if count == MOST_REQUESTS:
                    raise _invalid(
                        f"Number of warmup records exceeds the maximum ({MOST_REQUESTS}) at {path}"
                    )
                request = _predict_request(record, path)
                for _ in range(iterations):
                    _replay(request, predictor)
                count += 1
    except ServingError as error:
        status = error.code
        raise
    finally:
        microseconds = 1e6 * (time.monotonic() - started)
        metrics.observe_warmup(str(directory), status, count, microseconds)


def _records(path: Path) -> Generator[bytes, None, None]:
    """Yields the records of a TFRecord file, read in a session: eager mode would take the GPU."""
    cpu_only = tf.compat.v1.ConfigProto(device_count={"GPU": 0})
    with tf.Graph().as_default(), tf.compat.v1.Session(config=cpu_only) as session:
        dataset = tf.data.TFRecordDataset(str(path))
        next_record = tf.compat.v1.data.make_one_shot_iterator(dataset).get_next()
        while True:
            try:
                record = session.run(next_record)
            except tf.errors.OutOfRangeError:
                return
            except tf.errors.OpError as error:
                raise ServingError(
                    StatusCode(error.error_code),
                    f"{path}: {error.message.splitlines()[0]}. Please verify your warmup data is "
                    "in TFRecord format.",
                ) from error
            yield record


def _predict_request(record: bytes, path: Path) -> predict_pb2.PredictRequest:
    log = prediction_log_pb2.PredictionLog()
    try:
        log.ParseFromString(record)
    except Exception as error:  # DecodeError has changed its module between protobuf versions.
        raise _invalid(f"Failed to parse warmup record: {record[:100]!r} from {path}") from error
    kind = log.WhichOneof("log_type")
    if kind != "predict_log":
        raise ServingError(
            StatusCode.UNIMPLEMENTED,
            f"Unsupported log_type for warmup: {kind} in {path}: only predict_log is replayed here",
        )
    return log.predict_log.request


def _replay(request: predict_pb2.PredictRequest, predictor: Predictor) -> None:
    inputs = {
        alias: tensor_proto.read_tensor(tensor, alias) for alias, tensor in request.inputs.items()
    }
    signature_name = request.model_spec.signature_name or DEFAULT_SIGNATURE
    predictor.predict(inputs, signature_name, request.output_filter)


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
