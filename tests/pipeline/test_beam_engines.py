"""Runs the pipeline's own Beam steps in worker processes, and compares with threads."""

import json
import os
import subprocess
import sys

import pytest
import tensorflow as tf

from pipeline.beam_engine import check_engine
from pipeline.beam_runner import FLINK, BeamRunner, beam_args
from tests.two_worker_engine import PROJECT, two_worker_engine
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

pytestmark = [pytest.mark.slow, pytest.mark.cluster]


@pytest.fixture(scope="module")
def photographs(folder_of, image_file, mask_file):
    """Six cars of three poses; one photograph lacks its mask, one cannot be decoded."""
    names = [f"car{car}_{pose:02}" for car in range(6) for pose in (1, 2, 3)]
    images = {f"{name}.jpg": image_file(40, 24, seed) for seed, name in enumerate(names)}
    masks = {f"{name}_mask.gif": mask_file(40, 24, seed) for seed, name in enumerate(names)}
    del masks[f"{names[0]}_mask.gif"]
    images[f"{names[4]}.jpg"] = b"no JPEG"
    return folder_of(images, masks, [{"id": "car1", "year": "2012", "make": "Acme", "model": "A"}])


@pytest.fixture(scope="module")
def red_is_car(tmp_path_factory):
    """A model that calls red pixels car."""

    def mask_of(image):
        pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
        return tf.io.encode_png(255 * tf.cast(pixels[..., :1] > 128, tf.uint8))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)])
    def serve(image_bytes):
        masks = tf.map_fn(mask_of, image_bytes, fn_output_signature=tf.string)
        return {MASK_PNG_BYTES: masks}

    folder = tmp_path_factory.mktemp("models") / "red_is_car"
    tf.saved_model.save(tf.Module(), str(folder), signatures={"serving_default": serve})
    return folder


@pytest.fixture(scope="module")
def found_by(photographs, red_is_car, tmp_path_factory):
    """Runs Beam steps with a runner; returns what they found."""

    def run(runner, which="all"):
        output = tmp_path_factory.mktemp(runner.name)
        arguments = [which, str(photographs), str(red_is_car), str(output), *beam_args(runner)]
        ran = subprocess.run(
            [sys.executable, "-m", "tests.pipeline.beam_steps", *arguments],
            cwd=PROJECT,
            env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return json.loads((output / "found.json").read_text())

    return run


@pytest.fixture(scope="module")
def found_by_threads(found_by):
    return found_by(BeamRunner(options=("direct_num_workers=2",)))


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with two_worker_engine(tmp_path_factory.mktemp("engine")) as engine:
        yield engine


def test_what_threads_find(found_by_threads, photographs):
    found = found_by_threads
    assert sum(found["counts"]["photographs"].values()) == 16
    assert found["counts"]["quarantined"] == {"missing mask": 1, "undecodable image": 1}
    assert len(found["examples"]) == len(found["photographs"]) == 16
    assert sorted(found["statistics"]) == ["Split-test", "Split-train", "Split-val"]
    kept = found["counts"]["photographs"]
    assert len(found["transformed"]) == kept["train"] + kept["val"]
    assert len(found["evaluation"]["scores"]) == kept["test"] > 0


def test_two_processes_find_the_same(found_by, found_by_threads):
    options = ("direct_running_mode=multi_processing", "direct_num_workers=2")
    found = found_by(BeamRunner(options=options), "ours")
    assert sorted(found) == ["cars", "counts", "evaluation", "examples", "quarantine"]
    assert found == {what: found_by_threads[what] for what in found}


def test_two_workers_of_a_job_server_find_the_same(engine, found_by, found_by_threads):
    runner = BeamRunner(FLINK, engine.options)
    check_engine(runner)
    found = found_by(runner)
    assert found == found_by_threads
    # Two for each step that is Beam's: ingestion, two sorts of statistics, Transform, evaluation.
    assert engine.started_workers() >= 10
