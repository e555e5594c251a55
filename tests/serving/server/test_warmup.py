"""Replaying a version's own requests, and all that can be wrong with them."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import classification_pb2, predict_pb2, prediction_log_pb2

from serving.errors import ServingError, StatusCode
from serving.server.metrics import ServerMetrics
from serving.server.warmup import warm_up
from serving.server.warmup_requests import WARMUP_FILE


class _Predictor:
    """Notes what it is asked, and fails when asked for the signature "bad"."""

    def __init__(self):
        self.asked = []

    def predict(self, inputs, signature_name="serving_default", output_filter=()):
        if signature_name == "bad":
            raise ServingError(StatusCode.FAILED_PRECONDITION, "no such signature")
        self.asked.append((inputs["x"].tolist(), signature_name, list(output_filter)))
        return {}


def _log(value=1.0, **fields):
    request = predict_pb2.PredictRequest(**fields)
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.float32([value])))
    predict_log = prediction_log_pb2.PredictLog(request=request)
    return prediction_log_pb2.PredictionLog(predict_log=predict_log).SerializeToString()


@pytest.fixture
def write(tmp_path):
    """Writes a version's warm-up file from its records."""

    def write_records(*records):
        path = tmp_path / WARMUP_FILE
        path.parent.mkdir(exist_ok=True)
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record)
        return path

    return write_records


@pytest.fixture
def metrics():
    return ServerMetrics()


def _failure(tmp_path, metrics):
    predictor = _Predictor()
    with pytest.raises(ServingError) as caught:
        warm_up(predictor, tmp_path, metrics)
    return caught.value, predictor


def test_each_request_is_replayed_in_its_order(tmp_path, write, metrics):
    named = {"name": "mask", "signature_name": "rle"}
    write(_log(1), _log(2, model_spec=named, output_filter=["y"]))
    predictor = _Predictor()
    warm_up(predictor, tmp_path, metrics)
    assert predictor.asked == [([1.0], "serving_default", []), ([2.0], "rle", ["y"])]
    lines = metrics.render().splitlines()
    assert f':tensorflow:serving:model_warmup_records_read{{model_path="{tmp_path}"}} 2' in lines
    prefix = (
        f':tensorflow:serving:model_warmup_latency_count{{model_path="{tmp_path}",status="OK"}}'
    )
    assert f"{prefix} 1" in lines


def test_requests_can_be_replayed_several_times(tmp_path, write, metrics):
    write(_log(1), _log(2))
    predictor = _Predictor()
    warm_up(predictor, tmp_path, metrics, iterations=3)
    assert [inputs for inputs, *_ in predictor.asked] == [[1.0]] * 3 + [[2.0]] * 3


def test_no_file_and_an_empty_one_are_fine(tmp_path, write, metrics):
    warm_up(_Predictor(), tmp_path, metrics)
    assert "warmup_latency_count" not in metrics.render()
    write()
    warm_up(_Predictor(), tmp_path, metrics)


def test_a_request_that_fails_fails_the_warm_up_with_its_status(tmp_path, write, metrics):
    write(_log(1), _log(model_spec={"signature_name": "bad"}), _log(3))
    error, predictor = _failure(tmp_path, metrics)
    assert (error.code, error.message) == (StatusCode.FAILED_PRECONDITION, "no such signature")
    assert len(predictor.asked) == 1
    assert 'status="FAILED_PRECONDITION"' in metrics.render()


def test_a_thousand_records_are_the_most(tmp_path, write, metrics):
    path = write(*[_log()] * 1000)
    predictor = _Predictor()
    warm_up(predictor, tmp_path, metrics)
    assert len(predictor.asked) == 1000
    write(*[_log()] * 1001)
    error, _ = _failure(tmp_path, metrics)
    assert error.code is StatusCode.INVALID_ARGUMENT
    assert error.message == f"Number of warmup records exceeds the maximum (1000) at {path}"


def test_what_is_no_record_file_is_told_so(tmp_path, write, metrics):
    path = write(_log())
    for damaged in (b"not a record file at all", path.read_bytes()[:-3]):
        path.write_bytes(damaged)
        error, _ = _failure(tmp_path, metrics)
        assert error.code is StatusCode.DATA_LOSS
        assert error.message.startswith(f"{path}: ")
        assert error.message.endswith("Please verify your warmup data is in TFRecord format.")


def test_a_record_that_is_no_prediction_log(tmp_path, write, metrics):
    path = write(b"malformed_record")
    error, _ = _failure(tmp_path, metrics)
    assert error.code is StatusCode.INVALID_ARGUMENT
    assert error.message == f"Failed to parse warmup record: b'malformed_record' from {path}"


@pytest.mark.parametrize(
    ("log", "kind"),
    [
        (
            prediction_log_pb2.PredictionLog(
                classify_log=prediction_log_pb2.ClassifyLog(
                    request=classification_pb2.ClassificationRequest()
                )
            ),
            "classify_log",
        ),
        (
            prediction_log_pb2.PredictionLog(regress_log=prediction_log_pb2.RegressLog()),
            "regress_log",
        ),
        (
            prediction_log_pb2.PredictionLog(
                multi_inference_log=prediction_log_pb2.MultiInferenceLog()
            ),
            "multi_inference_log",
        ),
        (prediction_log_pb2.PredictionLog(), "None"),
    ],
)
def test_only_predict_logs_are_replayed(tmp_path, write, metrics, log, kind):
    write(log.SerializeToString())
    error, _ = _failure(tmp_path, metrics)
    assert error.code is StatusCode.UNIMPLEMENTED
    assert error.message.startswith(f"Unsupported log_type for warmup: {kind}")


def test_a_warm_up_that_nobody_wants_any_more_fails(tmp_path, write, metrics):
    write(_log(1), _log(2))
    predictor = _Predictor()
    with pytest.raises(ServingError) as caught:
        warm_up(predictor, tmp_path, metrics, is_cancelled=lambda: len(predictor.asked) == 1)
    assert caught.value.code is StatusCode.CANCELLED
    assert len(predictor.asked) == 1
