"""Loading as TensorFlow Serving loads, and the models that only Python can load."""

import shutil
from concurrent import futures

import cv2
import numpy as np
import pytest
import tensorflow as tf

from serving.errors import ServingError, StatusCode
from serving.server.servable import Servable
from serving.server.session_options import SessionOptions


@pytest.fixture
def affine(affine_models):
    with Servable.load(affine_models[2], version=7) as servable:
        yield servable


def _bytes(*values: bytes) -> np.ndarray:
    return np.array(values, dtype=object)


def test_an_exported_keras_model_answers_each_of_its_signatures(mask_model, photograph):
    images = {"image_bytes": _bytes(photograph(24, 16), photograph(24, 16, ".jpg"))}
    with Servable.load(mask_model) as servable:
        assert set(servable.signatures) == {"serving_default", "rle", "probability"}
        masks = servable.predict(images)["mask_png_bytes"]
        assert servable.predict(images, "rle")["rle"].tolist() == [b"1 192", b"1 192"]
        probability = servable.predict(images, "probability")["probability"]
    assert masks.dtype == object
    assert probability.shape == (2, 16, 24)
    assert probability.dtype == np.float32
    decoded = cv2.imdecode(np.frombuffer(masks[0], np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(decoded, 255 * probability[0])


def test_photographs_of_different_sizes_share_a_request(mask_model, photograph):
    images = _bytes(photograph(24, 16), photograph(10, 12))
    with Servable.load(mask_model) as servable:
        masks = servable.predict({"image_bytes": images})["mask_png_bytes"]
    shapes = [cv2.imdecode(np.frombuffer(each, np.uint8), -1).shape for each in masks]
    assert shapes == [(16, 24), (12, 10)]


def test_a_model_that_python_loads_and_the_server_cannot_is_found_out(untracked_model, photograph):
    images = _bytes(photograph())
    signature = tf.saved_model.load(str(untracked_model)).signatures["serving_default"]
    assert signature(tf.constant(images))["mask_png_bytes"].shape == (1,)
    with (
        Servable.load(untracked_model) as servable,
        pytest.raises(ServingError, match="Could not find variable") as caught,
    ):
        servable.predict({"image_bytes": images})
    assert caught.value.code is StatusCode.FAILED_PRECONDITION


@pytest.mark.parametrize("shape", [(), (1,), (2, 3)])
def test_shapes_are_not_held_against_the_signature(affine, shape):
    answer = affine.predict({"x": np.ones(shape, np.float32)})["y"]
    assert answer.shape == shape
    assert answer.dtype == np.float32
    assert np.all(answer == 2.5)


def test_outputs_can_be_filtered(affine):
    inputs = {"a": np.eye(2, dtype=np.float32), "b": np.ones((2, 2), np.float32)}
    assert set(affine.predict(inputs, "pair")) == {"sum", "product", "total"}
    answer = affine.predict(inputs, "pair", ["total"])
    assert answer == {"total": np.float32(2)}
    assert answer["total"].shape == ()


def test_an_operation_that_fails_names_its_status_and_itself(affine):
    inputs = {"a": np.ones((1, 2), np.float32), "b": np.ones((3, 2), np.float32)}
    with pytest.raises(ServingError, match=r"(?s)Matrix size-incompatible: .*node") as caught:
        affine.predict(inputs, "pair", ["product"])
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert "Traceback" not in caught.value.message


@pytest.mark.parametrize("name", ["nosuch", "__saved_model_init_op"])
def test_an_unknown_signature(affine, name):
    with pytest.raises(ServingError) as caught:
        affine.predict({"x": np.float32(1)}, name)
    assert caught.value.code is StatusCode.FAILED_PRECONDITION
    assert caught.value.message == f'Serving signature key "{name}" not found.'


def test_an_operation_that_quotes_bytes_that_are_no_text(tmp_path):
    class Character(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="x")])
        def at_twenty(self, x):
            return {"y": tf.strings.substr(x, 20, 1)}

    module = Character()
    tf.saved_model.save(module, str(tmp_path), signatures=module.at_twenty)
    with Servable.load(tmp_path) as servable, pytest.raises(ServingError) as caught:
        servable.predict({"x": np.array([b"\x89PNG\xff"], dtype=object)})
    assert caught.value.code == StatusCode.INVALID_ARGUMENT
    assert "pos 20 out of range" in caught.value.message


def test_metadata_shows_the_initialiser_and_requests_do_not_see_it(affine):
    assert set(affine.signature_defs) - set(affine.signatures) == {"__saved_model_init_op"}


def test_a_closed_servable_refuses(affine_models):
    servable = Servable.load(affine_models[1], version=3)
    servable.close()
    with pytest.raises(ServingError, match="Version 3 is closed"):
        servable.predict({"x": np.float32(1)})


def test_two_servables_do_not_share_variables(affine_models):
    with Servable.load(affine_models[1]) as first, Servable.load(affine_models[3]) as second:
        assert first.predict({"x": np.float32(2)})["y"] == 2
        assert second.predict({"x": np.float32(2)})["y"] == 4


def test_threads_may_predict_at_the_same_time(affine):
    inputs = [np.full((3, 1), value, np.float32) for value in range(100)]
    with futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda x: affine.predict({"x": x})["y"], inputs))
    for value, answer in enumerate(answers):
        assert np.all(answer == value / 2 + 2)


def test_a_directory_without_a_model(tmp_path):
    for directory in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ServingError, match="Could not find SavedModel") as caught:
            Servable.load(directory)
        assert caught.value.code is StatusCode.NOT_FOUND
        assert str(directory) in caught.value.message


@pytest.mark.parametrize("damaged", ["saved_model.pb", "variables/variables.index"])
def test_a_damaged_model_is_a_serving_error(affine_models, tmp_path, damaged):
    copy = tmp_path / "model"
    shutil.copytree(affine_models[1], copy)
    (copy / damaged).write_bytes(b"\xff" * 40)
    with pytest.raises(ServingError) as caught:
        Servable.load(copy)
    assert caught.value.code in (StatusCode.DATA_LOSS, StatusCode.OUT_OF_RANGE)


def test_session_options_reach_the_session(affine_models):
    options = SessionOptions(intra_op_threads=1, inter_op_threads=1, cpu_only=True)
    with Servable.load(affine_models[1], options=options) as servable:
        config = servable._runner._session._config
        assert servable.predict({"x": np.float32(2)})["y"] == 2
    assert config.intra_op_parallelism_threads == 1
    assert config.inter_op_parallelism_threads == 1
    assert config.device_count == {"GPU": 0}


def test_a_session_configuration_is_the_ground_for_the_other_options(affine_models):
    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=3, isolate_session_state=True)
    options = SessionOptions(inter_op_threads=1, config=config)
    with Servable.load(affine_models[1], options=options) as servable:
        used = servable._runner._session._config
    assert (used.intra_op_parallelism_threads, used.inter_op_parallelism_threads) == (3, 1)
    assert used.isolate_session_state
    assert used.gpu_options.allow_growth
    # What was given is not changed.
    assert not config.gpu_options.allow_growth


def test_a_share_of_the_gpu_is_taken_at_once(affine_models):
    options = SessionOptions(per_process_gpu_memory_fraction=0.25)
    with Servable.load(affine_models[1], options=options) as servable:
        used = servable._runner._session._config.gpu_options
    assert used.per_process_gpu_memory_fraction == 0.25
    assert not used.allow_growth


def test_a_part_with_other_tags_is_not_found(affine_models):
    options = SessionOptions(saved_model_tags=("train",))
    with pytest.raises(ServingError, match="train"):
        Servable.load(affine_models[1], options=options)


def test_a_run_ends_with_its_time(affine):
    with pytest.raises(ServingError) as caught:
        # It would take an hour.
        affine.predict({"n": np.int64(10**9)}, "spin", timeout_s=0.1)
    assert caught.value.code is StatusCode.DEADLINE_EXCEEDED
    assert affine.predict({"n": np.int64(5)}, "spin", timeout_s=20)["n"] == 5
