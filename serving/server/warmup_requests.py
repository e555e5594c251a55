"""Puts requests into a version's directory that a server sends to itself before it serves it.

The first requests to a loaded model take several times as long as all others, since TensorFlow
prepares each signature when it is first run. TensorFlow Serving replays such a file after loading
and before the version becomes available:
https://www.tensorflow.org/tfx/serving/saved_model_warmup
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

WARMUP_FILE: Final = "assets.extra/tf_serving_warmup_requests"
# With more, a server refuses to load the version.
MOST_REQUESTS: Final = 1000


def write_warmup_requests(version: Path, requests: Sequence[predict_pb2.PredictRequest]) -> Path:
    """Writes the file: a TFRecord of one PredictionLog per request.

    Args:
        version: The version's directory, of a server that does not know it yet.
        requests: What to send. Each must succeed: one that fails fails the load.

    Returns:
        The file.

    Raises:
        ValueError: If there are none, or more than a server takes.
    """
    if not 0 < len(requests) <= MOST_REQUESTS:
        raise ValueError(
            f"{len(requests)} warm-up requests; a server takes 1 to {MOST_REQUESTS}, or no file"
        )
    path = version / WARMUP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in requests:
            log = prediction_log_pb2.PredictLog(request=request)
            writer.write(
                prediction_log_pb2.PredictionLog(predict_log=log).SerializeToString(
                    deterministic=True
                )
            )
    return path
