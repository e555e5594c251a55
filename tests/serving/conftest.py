"""Tiny exported models, and servers of them on free local ports, for the tests of serving.

Each model is exported once per session; a test copies it to where its version should lie.
"""

import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest
import tensorflow as tf

from serving.server.embedded_server import EmbeddedServer

POLL_S = 0.05


class _Affine(tf.Module):
    """The "half plus two" of TensorFlow Serving's own tests, with a number to tell versions by."""

    def __init__(self, offset: float) -> None:
        super().__init__()
        self.slope = tf.Variable(0.5)
        self.offset = tf.Variable(offset)

    @tf.function(input_signature=[tf.TensorSpec([None, 1], tf.float32, name="x")])
    def affine(self, x):
        return {"y": self.slope * x + self.offset}

    @tf.function(
        input_signature=[
            tf.TensorSpec(None, tf.float32, name="a"),
            tf.TensorSpec(None, tf.float32, name="b"),
        ]
    )
    def pair(self, a, b):
        return {"sum": a + b, "product": tf.matmul(a, b), "total": tf.reduce_sum(a)}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int64, name="n")])
    def spin(self, n):
        """Keeps one thread busy for n steps, each of some microseconds."""
        return {
            "n": tf.while_loop(lambda i: i < n, lambda i: [i + 1], [tf.constant(0, tf.int64)])[0]
        }

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def fail(self, text):
        with tf.control_dependencies([tf.debugging.Assert(False, [text], summarize=99)]):
            return {"text": tf.identity(text)}


class BrightIsObject(keras.layers.Layer):
    """The smallest model with a Keras variable in it: bright pixels are the object."""

    def build(self, input_shape):
        self.threshold = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.5))

    def call(self, images):
        return keras.ops.cast(keras.ops.mean(images, axis=-1) > self.threshold, "float32")


def _mask_signatures(model: keras.Model) -> dict[str, Callable[..., dict[str, tf.Tensor]]]:
    """The three signatures of the project's models, around a tiny one."""
    spec = [tf.TensorSpec([None], tf.string, name="image_bytes")]

    def probability_of(image):
        pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
        return model(tf.image.convert_image_dtype(pixels, tf.float32)[None])[0]

    def png_of(image):
        mask = tf.cast(probability_of(image) > 0.5, tf.uint8) * 255
        return tf.io.encode_png(mask[..., None])

    def runs_of(image):
        area = tf.reduce_sum(tf.cast(probability_of(image) > 0.5, tf.int32))
        return tf.strings.join(["1 ", tf.strings.as_string(area)])

    @tf.function(input_signature=spec)
    def serving_default(image_bytes):
        return {"mask_png_bytes": tf.map_fn(png_of, image_bytes, fn_output_signature=tf.string)}

    @tf.function(input_signature=spec)
    def rle(image_bytes):
        return {"rle": tf.map_fn(runs_of, image_bytes, fn_output_signature=tf.string)}

    @tf.function(input_signature=spec)
    def probability(image_bytes):
        values = tf.map_fn(probability_of, image_bytes, fn_output_signature=tf.float32)
        return {"probability": values}

    return {"serving_default": serving_default, "rle": rle, "probability": probability}


def _keras_model() -> keras.Model:
    images = keras.Input((None, None, 3))
    return keras.Model(images, BrightIsObject()(images))


@pytest.fixture(scope="session")
def mask_model(tmp_path_factory) -> Path:
    """A SavedModel with the project's three signatures, exported as TensorFlow Serving needs it."""
    directory = tmp_path_factory.mktemp("models") / "mask"
    model = _keras_model()
    archive = keras.export.ExportArchive()
    archive.track(model)
    for name, signature in _mask_signatures(model).items():
        archive.add_endpoint(name, signature)
    archive.write_out(str(directory), verbose=False)
    return directory


@pytest.fixture(scope="session")
def untracked_model(tmp_path_factory) -> Path:
    """The same model saved in the way that only tf.saved_model.load can read."""
    directory = tmp_path_factory.mktemp("models") / "untracked"
    model = _keras_model()
    tf.saved_model.save(model, str(directory), signatures=_mask_signatures(model))
    return directory


@pytest.fixture(scope="session")
def affine_models(tmp_path_factory) -> dict[int, Path]:
    """SavedModels that answer x/2 + k, by k = 1, 2 and 3."""
    directories = {}
    for offset in (1, 2, 3):
        directories[offset] = tmp_path_factory.mktemp("models") / f"affine{offset}"
        module = _Affine(float(offset))
        signatures = {
            "serving_default": module.affine,
            "pair": module.pair,
            "spin": module.spin,
            "fail": module.fail,
        }
        tf.saved_model.save(module, str(directories[offset]), signatures=signatures)
    return directories


@pytest.fixture
def push() -> Callable[[Path, Path], None]:
    """Puts a model where a server looks for versions, the way a careful pusher does."""

    def push_to(model: Path, destination: Path) -> None:
        temporary = destination.with_name(f".{destination.name}.partial")
        shutil.copytree(model, temporary)
        temporary.rename(destination)

    return push_to


@pytest.fixture
def serve(tmp_path, push) -> Iterator[Callable[..., EmbeddedServer]]:
    """Starts servers on free local ports, of one model each, and stops them after the test."""
    servers = []

    def start(model: Path, *, version: int = 1, model_name: str = "mask", **settings):
        base_path = tmp_path / f"served{len(servers)}" / model_name
        base_path.mkdir(parents=True)
        push(model, base_path / str(version))
        settings = {"file_system_poll_wait_seconds": POLL_S, **settings}
        server = EmbeddedServer(base_path, model_name, **settings)
        servers.append(server)
        server.start(timeout_s=20)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def mask_server(mask_model, tmp_path_factory) -> Iterator[EmbeddedServer]:
    """One server of the mask model for all tests that only ask."""
    base_path = tmp_path_factory.mktemp("served") / "mask"
    shutil.copytree(mask_model, base_path / "1")
    with EmbeddedServer(base_path) as server:
        yield server


@pytest.fixture(scope="session")
def photograph() -> Callable[..., bytes]:
    """Makes a small photograph: black, with a white rectangle in its left half."""

    def make(width: int = 24, height: int = 16, suffix: str = ".png") -> bytes:
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[:, : width // 2] = 255
        return cv2.imencode(suffix, pixels)[1].tobytes()

    return make


@pytest.fixture
def free_port() -> int:
    """A local port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until something becomes true."""

    def wait(condition: Callable[[], bool], timeout_s: float = 15.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "it never became true"
            time.sleep(0.02)

    return wait
