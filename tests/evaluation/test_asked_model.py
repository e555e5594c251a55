import shutil

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from evaluation.asked_model import ServableModel
from evaluation.masked_photograph import decode_mask_png
from serving.errors import ServingError
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES, PROBABILITY

IMAGE = cv2.imencode(".png", np.full((6, 8, 3), 200, np.uint8))[1].tobytes()


def export(path, area, probability=None, shape=(None, 4, 5)):
    """Saves a model whose mask has ``area`` columns, whatever it is asked."""
    mask = np.zeros((6, 8, 1), np.uint8)
    mask[:, :area] = 255
    png = tf.io.encode_png(mask)
    archive = keras.export.ExportArchive()
    spec = [tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)]
    archive.add_endpoint(
        "serving_default",
        lambda image_bytes: {MASK_PNG_BYTES: tf.fill(tf.shape(image_bytes), png)},
        spec,
    )
    if probability is not None:
        values = np.full([4, 5], 0.5, np.float32)
        values[1, 2] = probability

        def probabilities(image_bytes):
            each = tf.map_fn(lambda _: values, image_bytes, fn_output_signature=tf.float32)
            return {PROBABILITY: tf.reshape(each, [-1, 4, 5]) if shape else _unknown(each)}

        archive.add_endpoint(PROBABILITY, probabilities, spec)
    archive.write_out(str(path), verbose=False)
    return path


def _unknown(probabilities):
    return tf.py_function(lambda each: each, [probabilities], tf.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """SavedModels by what is special about them."""
    folder = tmp_path_factory.mktemp("models")
    return {
        "mask only": export(folder / "mask only", 3),
        "finite": export(folder / "finite", 4, 0.75),
        "nan": export(folder / "nan", 5, np.nan),
        "infinite": export(folder / "infinite", 6, -np.inf),
    }


@pytest.fixture
def versions(models, tmp_path):
    """Versions 9 and 10, of which the alphabet would take the older one, and what is none."""
    shutil.copytree(models["mask only"], tmp_path / "9")
    shutil.copytree(models["finite"], tmp_path / "10")
    shutil.copytree(models["nan"], tmp_path / "11.partial")
    return tmp_path


def area(model):
    return int(np.count_nonzero(decode_mask_png(model.reply(IMAGE))[0]))


def test_the_reply_is_the_file_of_the_mask(models):
    with ServableModel.load(str(models["mask only"])) as model:
        mask = decode_mask_png(model.reply(IMAGE))
    assert mask.shape == (6, 8)
    assert (mask[:, :3] == 255).all()
    assert not mask[:, 3:].any()


def test_of_numbered_versions_the_newest_is_taken(versions):
    with ServableModel.load(str(versions)) as model:
        assert area(model) == 4


def test_a_version_can_be_named(versions):
    with ServableModel.load(str(versions / "9")) as model:
        assert area(model) == 3


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_without_a_model_is_refused(name, tmp_path):
    with pytest.raises(ServingError, match="Could not find SavedModel"):
        ServableModel.load(str(tmp_path / name))


@pytest.mark.parametrize(("name", "size"), [("finite", (4, 5)), ("mask only", None)])
def test_the_input_size_is_that_of_the_probabilities(models, name, size):
    with ServableModel.load(str(models[name])) as model:
        assert model.input_size == size


def test_probabilities_of_unknown_shape_tell_no_input_size(tmp_path):
    with ServableModel.load(str(export(tmp_path / "m", 1, 0.5, shape=None))) as model:
        assert model.input_size is None


@pytest.mark.parametrize(
    ("name", "finite"), [("finite", True), ("nan", False), ("infinite", False), ("mask only", True)]
)
def test_probabilities_that_are_no_numbers_are_found(models, name, finite):
    with ServableModel.load(str(models[name])) as model:
        assert model.has_finite_probabilities(IMAGE) is finite


def test_a_closed_model_answers_no_more(models):
    with ServableModel.load(str(models["mask only"])) as model:
        pass
    with pytest.raises(ServingError, match="closed"):
        model.reply(IMAGE)


def test_a_failure_of_the_model_is_raised(failing):
    with pytest.raises(ServingError, match="no masks today"):
        failing.reply(IMAGE)


@pytest.fixture
def failing(tmp_path):
    def fail(image_bytes):
        with tf.control_dependencies([tf.debugging.Assert(False, ["no masks today"])]):
            return {MASK_PNG_BYTES: tf.identity(image_bytes)}

    archive = keras.export.ExportArchive()
    spec = [tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)]
    archive.add_endpoint("serving_default", fail, spec)
    archive.write_out(str(tmp_path / "model"), verbose=False)
    with ServableModel.load(str(tmp_path / "model")) as model:
        yield model
