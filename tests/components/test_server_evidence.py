import dataclasses
import json
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from components.server_evidence import MissingServer, gather_evidence
from pipeline.config import ServerCheckConfig
from serving.server.servable import Servable
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

FAKE = Path(__file__).parent / "fake_model_server.py"
RULE = ServerCheckConfig(
    server="tensorflow_model_server", photographs=2, repetitions=2, max_slowest=5.0, max_start=60.0
)


@pytest.fixture(scope="module")
def model(red_is_car):
    return red_is_car()


@pytest.fixture(scope="module")
def photographs(image_file):
    return {f"car_{seed:02}": image_file(seed=seed) for seed in (1, 2)}


@pytest.fixture
def gathered(tmp_path, monkeypatch, model, photographs):
    """Gathers evidence on the model in a server that behaves as told; returns it and its folder."""

    def gathered(rule=RULE, wrong=_with_a_pixel_flipped, **behaviour):
        version, folder = tmp_path / "mask" / "1", tmp_path / "fake"
        shutil.copytree(model, version)
        folder.mkdir()
        (folder / "behaviour.json").write_text(json.dumps(behaviour))
        with Servable.load(version) as servable:
            for image_id, image in photographs.items():
                inputs = {IMAGE_BYTES: np.array([image], dtype=object)}
                mask = servable.predict(inputs)[MASK_PNG_BYTES][0]
                (folder / f"{image_id}.photograph").write_bytes(image)
                (folder / f"{image_id}.reply").write_bytes(_reply(mask))
                (folder / f"{image_id}.wrong").write_bytes(_reply(wrong(mask)))
        binary = tmp_path / "bin" / "tensorflow_model_server"
        binary.parent.mkdir()
        binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "{folder}" "$@"\n')
        binary.chmod(0o755)
        monkeypatch.setenv("PATH", str(binary.parent), prepend=":")
        return gather_evidence(version, photographs, rule, tmp_path / "log")

    return gathered


def _reply(masks):
    reply = predict_pb2.PredictResponse()
    masks = masks if isinstance(masks, tuple) else (masks,)
    reply.outputs[MASK_PNG_BYTES].CopyFrom(tf.make_tensor_proto(masks, tf.string))
    return reply.SerializeToString()


def _with_a_pixel_flipped(png):
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    pixels[3, 4] ^= 255
    return cv2.imencode(".png", pixels)[1].tobytes()


def test_a_server_that_answers_as_the_model_does(gathered, tmp_path):
    evidence = gathered()
    assert evidence.server == "tensorflow_model_server"
    assert evidence.failure == ""
    assert len(evidence.latencies) == 2 * 2
    assert all(0 < seconds < 5 for seconds in evidence.latencies)
    assert evidence.differences == {"car_01": 0.0, "car_02": 0.0}
    assert evidence.unequal_replies == 0
    assert 0 < evidence.start_seconds < 60
    assert 5 * 2**20 < evidence.peak_memory < 300 * 2**20
    assert "--model_name=mask" in (tmp_path / "fake" / "flags").read_text()


def test_the_warm_up_requests_are_those_that_were_asked(gathered, tmp_path, photographs):
    gathered(dataclasses.replace(RULE, warmup_requests=1))
    path = tmp_path / "mask" / "1" / "assets.extra" / "tf_serving_warmup_requests"
    [record] = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
    assert request.model_spec.name == "mask"
    assert request.model_spec.signature_name == "serving_default"
    assert list(request.output_filter) == [MASK_PNG_BYTES]
    [image] = tf.make_ndarray(request.inputs[IMAGE_BYTES])
    assert image == photographs["car_01"]


def test_warm_up_requests_can_be_left_out(gathered, tmp_path):
    gathered(dataclasses.replace(RULE, warmup_requests=0))
    assert not (tmp_path / "mask" / "1" / "assets.extra").exists()


def test_one_other_pixel_in_the_last_reply_is_seen(gathered):
    evidence = gathered(wrong_at=4)
    assert evidence.differences == {"car_01": 0.0, "car_02": 1 / 32**2}
    assert evidence.unequal_replies == 1


def test_one_slow_reply_is_seen(gathered):
    evidence = gathered(slow_at=3, seconds=0.4)
    assert evidence.failure == ""
    assert [seconds > 0.4 for seconds in evidence.latencies] == [False, False, True, False]


def test_a_short_need_of_memory_is_seen(gathered):
    assert gathered(large_at=2, mebibytes=400).peak_memory > 400 * 2**20


def test_a_reply_that_does_not_come(gathered):
    evidence = gathered(dataclasses.replace(RULE, max_slowest=0.2), slow_at=2, seconds=30)
    assert evidence.failure == "no mask of car_02 within 0.2 s"


def test_a_server_that_dies(gathered):
    evidence = gathered(dies_at=3)
    assert evidence.failure == "the server was killed by SIGABRT: F fake: no way on"


def test_a_request_that_is_refused(gathered):
    evidence = gathered(refuses_at=2)
    assert evidence.failure == "no mask of car_02: INVALID_ARGUMENT: cannot read car_02"


def test_a_reply_of_two_masks(gathered):
    evidence = gathered(wrong=lambda png: (png, png), wrong_at=3)
    assert evidence.failure == "2 masks of car_01, not one"


def _narrower(png):
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    return cv2.imencode(".png", pixels[:, :-1])[1].tobytes()


@pytest.mark.parametrize("wrong", [lambda png: b"no PNG", _narrower])
def test_a_reply_that_is_no_such_mask_differs_in_every_pixel(gathered, wrong):
    assert gathered(wrong=wrong, wrong_at=1).differences == {"car_01": 1.0, "car_02": 0.0}


def test_a_model_that_cannot_be_loaded_starts_no_server(tmp_path):
    version = tmp_path / "mask" / "1"
    version.mkdir(parents=True)
    (version / "saved_model.pb").write_bytes(b"no graph")
    rule = dataclasses.replace(RULE, server="embedded")
    evidence = gather_evidence(version, {"car_01": b""}, rule, tmp_path / "log")
    assert evidence.failure.startswith("not even in process: DATA_LOSS: Cannot load the SavedModel")
    assert evidence.server == "embedded"
    assert not (tmp_path / "log").exists()


def test_a_server_that_must_be_there_and_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingServer, match="not on the PATH; install it, or check in the embedd"):
        gather_evidence(tmp_path / "mask" / "1", {}, RULE, tmp_path / "log")
