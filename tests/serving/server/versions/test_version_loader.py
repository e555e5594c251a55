"""From a directory to something that answers."""

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from serving.errors import ServingError, StatusCode
from serving.server.batching.batched_servable import BatchedServable
from serving.server.batching.batching_parameters import BatchingParameters
from serving.server.metrics import ServerMetrics
from serving.server.servable import Servable
from serving.server.server_options import ServerOptions
from serving.server.session_options import SessionOptions
from serving.server.versions.version_loader import VersionLoader
from serving.server.warmup_requests import write_warmup_requests


@pytest.fixture
def version(tmp_path, push, affine_models):
    push(affine_models[2], tmp_path / "7")
    return tmp_path / "7"


@pytest.fixture
def loader():
    """Makes loaders, and closes them after the test."""
    loaders = []

    def make(metrics=None, **options):
        loaders.append(VersionLoader(ServerOptions(**options), metrics or ServerMetrics()))
        return loaders[-1]

    yield make
    for each in loaders:
        each.close()


def _add_warmup(version, signature_name="serving_default"):
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature_name
    request.inputs["x"].CopyFrom(tf.make_tensor_proto(np.float32([[1]])))
    write_warmup_requests(version, [request])


def test_a_loaded_version_answers_under_its_number_and_is_counted(loader, version):
    metrics = ServerMetrics()
    predictor = loader(metrics).load(version, 7)
    assert isinstance(predictor, Servable)
    assert predictor.version == 7
    assert predictor.predict({"x": np.float32(0)})["y"] == 2
    predictor.close()
    name = ":tensorflow:cc:saved_model:load_attempt_count"
    assert f'{name}{{model_path="{version}",status="success"}} 1' in metrics.render()
    assert f':tensorflow:cc:saved_model:load_latency{{model_path="{version}"}}' in metrics.render()


def test_a_directory_without_a_model_fails_and_is_counted(loader, tmp_path):
    metrics = ServerMetrics()
    with pytest.raises(ServingError) as caught:
        loader(metrics).load(tmp_path, 1)
    assert caught.value.code is StatusCode.NOT_FOUND
    assert f'{{model_path="{tmp_path}",status="fail"}} 1' in metrics.render()


def test_the_check_comes_before_the_load(loader, version):
    checked = []

    def refuse(directory):
        checked.append(directory)
        raise ServingError(StatusCode.FAILED_PRECONDITION, "not signed")

    metrics = ServerMetrics()
    with pytest.raises(ServingError, match="not signed"):
        loader(metrics, verify=refuse).load(version, 7)
    assert checked == [version]
    assert "load_attempt_count{" not in metrics.render()
    loader(verify=checked.append).load(version, 7).close()
    assert checked == [version, version]


def test_what_nobody_foresaw_is_an_internal_error(loader, version, caplog):
    def stumble(directory):
        raise KeyError("surprise")

    with pytest.raises(ServingError, match="KeyError: 'surprise'") as caught:
        loader(verify=stumble).load(version, 7)
    assert caught.value.code is StatusCode.INTERNAL
    assert str(version) in caught.value.message
    assert "Traceback" in caplog.text


def test_warm_up_requests_are_replayed_unless_told_otherwise(loader, version):
    _add_warmup(version)
    metrics = ServerMetrics()
    loader(metrics, enable_model_warmup=False).load(version, 7).close()
    assert "model_warmup_records_read{" not in metrics.render()
    loader(metrics).load(version, 7).close()
    assert f'model_warmup_records_read{{model_path="{version}"}} 1' in metrics.render()


def test_a_failed_warm_up_fails_the_load_and_frees_the_model(loader, version, monkeypatch):
    _add_warmup(version, "nosuch")
    closed = []
    close = Servable.close

    def note_and_close(servable):
        closed.append(servable.version)
        close(servable)

    monkeypatch.setattr(Servable, "close", note_and_close)
    with pytest.raises(ServingError) as caught:
        loader().load(version, 7)
    assert caught.value.message == 'Serving signature key "nosuch" not found.'
    assert closed == [7]


def test_the_warm_up_goes_through_the_batches(loader, version):
    _add_warmup(version)
    metrics = ServerMetrics()
    batching = BatchingParameters(max_batch_size=4, num_batch_threads=1)
    predictor = loader(metrics, batching=batching).load(version, 7)
    assert isinstance(predictor, BatchedServable)
    assert "batching_session:wrapped_run_count{} 1" in metrics.render()
    assert predictor.predict({"x": np.float32([[0]])})["y"] == 2
    predictor.close()


def test_the_tags_choose_the_part_of_the_model(loader, version):
    session = SessionOptions(saved_model_tags=("serve", "gpu"))
    with pytest.raises(ServingError, match="gpu"):
        loader(session=session).load(version, 7)
