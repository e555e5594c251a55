import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from serving.server.warmup_requests import MOST_REQUESTS, write_warmup_requests


@pytest.fixture
def version(tmp_path):
    directory = tmp_path / "1"
    directory.mkdir()
    return directory


def request(image):
    made = predict_pb2.PredictRequest()
    made.model_spec.name = "mask"
    made.inputs["image_bytes"].CopyFrom(tf.make_tensor_proto([image], tf.string))
    made.inputs["other"].CopyFrom(tf.make_tensor_proto([1.0]))
    return made


def test_the_file_holds_the_requests_where_a_server_looks_for_them(version):
    requests = [request(b"one"), request(b"two")]
    path = write_warmup_requests(version, requests)
    # https://www.tensorflow.org/tfx/serving/saved_model_warmup
    assert path == version / "assets.extra" / "tf_serving_warmup_requests"
    logs = [
        prediction_log_pb2.PredictionLog.FromString(record)
        for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    ]
    assert [log.WhichOneof("log_type") for log in logs] == ["predict_log"] * 2
    assert [log.predict_log.request for log in logs] == requests


def test_the_same_requests_make_the_same_file(version):
    first = write_warmup_requests(version, [request(b"one")]).read_bytes()
    assert write_warmup_requests(version, [request(b"one")]).read_bytes() == first


@pytest.mark.parametrize("count", [0, MOST_REQUESTS + 1])
def test_a_number_that_no_server_takes(version, count):
    with pytest.raises(ValueError, match=rf"{count} warm-up requests; a server takes 1 to 1000"):
        write_warmup_requests(version, [request(b"")] * count)
    assert list(version.iterdir()) == []
