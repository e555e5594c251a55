"""The SavedModels that the conformance suite is served: small, each made for some rows of it.

Plain ``tf.Module`` and ``tf.saved_model.save``: any server of SavedModels can load them.
"""

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

WARMUP_FILE = Path("assets.extra", "tf_serving_warmup_requests")
MOST_WARMUP_RECORDS = 1000
OUTPUT_DTYPES = (
    tf.float32,
    tf.float64,
    tf.int8,
    tf.int16,
    tf.int32,
    tf.int64,
    tf.uint8,
    tf.uint16,
    tf.uint32,
    tf.uint64,
    tf.bool,
    tf.float16,
    tf.bfloat16,
    tf.complex64,
    tf.complex128,
)


class HalfPlus(tf.Module):
    """Answers x / 2 + offset: the offset tells one version from another."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.offset = tf.Variable(offset)
        # Something to cut off: without its end, the variables' file cannot be restored.
        self.ballast = tf.Variable(tf.zeros([1024]))

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
    def answer(self, x):
        return {"y": 0.5 * x + self.offset + self.ballast[0]}


class Probe(tf.Module):
    """One signature for each thing that a request can do to a server."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = tf.Variable([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])

    @tf.function(input_signature=[tf.TensorSpec(None, tf.float32, name="x")])
    def echo(self, x):
        return {"y": tf.identity(x)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float64, name="x")])
    def double(self, x):
        return {"y": tf.identity(x)}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, name="x")])
    def matmul(self, x):
        return {"y": tf.matmul(x, self.weights)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="n")])
    def int64(self, n):
        return {"n": n + 1}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.bool, name="flag")])
    def boolean(self, flag):
        return {"not": tf.logical_not(flag)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def text(self, text):
        return {"text": tf.identity(text)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="file")])
    def blob(self, file):
        return {"file_bytes": tf.identity(file)}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.float32, name="a"),
            tf.TensorSpec([None], tf.float32, name="b"),
            tf.TensorSpec([None], tf.string, name="s"),
        ]
    )
    def three(self, a, b, s):
        return {"sum": a + b, "name": tf.identity(s)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def scalar(self, x):
        return {"total": tf.reduce_sum(x)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def uneven(self, x):
        return {"all": tf.identity(x), "first": x[:1]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def half(self, x):
        return {"half": tf.cast(x, tf.float16)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def dtypes(self, x):
        return {dtype.name: tf.cast(x, dtype) for dtype in OUTPUT_DTYPES} | {
            "string": tf.strings.as_string(x, precision=1)
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int64, name="steps")])
    def spin(self, steps):
        """Keeps one thread busy for as many steps as the largest says, and echoes them."""
        most = tf.reduce_max(steps)
        done = tf.while_loop(lambda i: i < most, lambda i: [i + 1], [tf.constant(0, tf.int64)])[0]
        return {"steps": steps + 0 * done}


def export_half_plus(directory: Path, offset: float) -> None:
    """Exports x / 2 + offset."""
    module = HalfPlus(offset)
    tf.saved_model.save(module, str(directory), signatures={"serving_default": module.answer})


def export_probe(directory: Path) -> None:
    """Exports all signatures of the probe; ``serving_default`` is ``echo``."""
    module = Probe()
    signatures = {
        "serving_default": module.echo,
        "echo": module.echo,
        "double": module.double,
        "matmul": module.matmul,
        "int64": module.int64,
        "boolean": module.boolean,
        "text": module.text,
        "blob": module.blob,
        "three": module.three,
        "scalar": module.scalar,
        "uneven": module.uneven,
        "half": module.half,
        "dtypes": module.dtypes,
        "spin": module.spin,
    }
    tf.saved_model.save(module, str(directory), signatures=signatures)


def cut_variables_short(directory: Path) -> None:
    """Removes the last half of a SavedModel's variables, as a copy that was broken off would."""
    data = directory / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])


def write_warmup(directory: Path, records: list[bytes]) -> None:
    """Writes a SavedModel's warm-up requests."""
    path = directory / WARMUP_FILE
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)


def write_unreadable_warmup(directory: Path) -> None:
    """Writes a warm-up file that is no TFRecord file."""
    path = directory / WARMUP_FILE
    path.parent.mkdir()
    path.write_bytes(b"These are no records, and long enough for a record's header.")


def warmup_record(model_name: str, signature_name: str = "serving_default") -> bytes:
    """Makes one warm-up request for ``HalfPlus``."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model_name
    request.model_spec.signature_name = signature_name
    request.inputs["x"].CopyFrom(tf.make_tensor_proto([[1.0]]))
    log = prediction_log_pb2.PredictionLog(
        predict_log=prediction_log_pb2.PredictLog(request=request)
    )
    return log.SerializeToString()
