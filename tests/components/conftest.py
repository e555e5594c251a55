"""Runs single components, and makes models whose masks are known."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
import tensorflow as tf
from tfx import v1 as tfx
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor

from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES


@pytest.fixture(scope="session")
def artifact(tmp_path_factory) -> Callable[..., tfx.dsl.Artifact]:
    """Makes an artifact with an empty folder of its own."""

    def make(kind: type[tfx.dsl.Artifact], name: str, identity: int = 1) -> tfx.dsl.Artifact:
        folder = tmp_path_factory.mktemp("artifacts") / name
        folder.mkdir()
        made = kind()
        made.uri, made.id = str(folder), identity
        return made

    return make


@pytest.fixture(scope="session")
def run_component(artifact) -> Callable[..., dict[str, tfx.dsl.Artifact]]:
    """Runs the executor of a component as TFX does; returns its output artifacts by key."""

    def run(
        component: Any, inputs: dict[str, tfx.dsl.Artifact], **properties: Any
    ) -> dict[str, tfx.dsl.Artifact]:
        executor = component.EXECUTOR_SPEC.executor_class
        context = (
            BaseBeamExecutor.Context(
                make_beam_pipeline_fn=lambda: beam.Pipeline(argv=["--allow_unsafe_triggers"])
            )
            if issubclass(executor, BaseBeamExecutor)
            else None
        )
        outputs = {
            key: [artifact(channel.type, f"{component.__name__}.{key}")]
            for key, channel in component.SPEC_CLASS.OUTPUTS.items()
        }
        executor(context).Do({key: [each] for key, each in inputs.items()}, outputs, properties)
        return {key: each for key, [each] in outputs.items()}

    return run


@pytest.fixture(scope="session")
def red_is_car(tmp_path_factory) -> Callable[..., Path]:
    """Exports a model that calls red pixels car: on the photographs of these tests, all of them.

    It fails on photographs of 13 columns, answers with a mask that is a column too wide for 14,
    with text for 15, with three channels for 16. ``missed_rows`` are backdrop to it.
    """

    def make(missed_rows: int = 0) -> Path:
        def mask_of(image: tf.Tensor) -> tf.Tensor:
            pixels = tf.io.decode_image(image, channels=3, expand_animations=False)
            height, width = tf.unstack(tf.shape(pixels)[:2])
            with tf.control_dependencies([tf.debugging.Assert(width != 13, ["no 13 columns"])]):
                car = pixels[..., :1] > 128
            car = tf.logical_and(car, tf.range(height)[:, None, None] >= missed_rows)
            mask = 255 * tf.cast(car, tf.uint8)
            mask = tf.cond(
                width == 14, lambda: tf.pad(mask, [[0, 0], [0, 1], [0, 0]]), lambda: mask
            )
            mask = tf.cond(width == 16, lambda: tf.repeat(mask, 3, axis=2), lambda: mask)
            return tf.cond(
                width == 15, lambda: tf.constant(b"no mask"), lambda: tf.io.encode_png(mask)
            )

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)])
        def serve(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
            masks = tf.map_fn(mask_of, image_bytes, fn_output_signature=tf.string)
            return {MASK_PNG_BYTES: masks}

        folder = tmp_path_factory.mktemp("models") / "Format-Serving"
        tf.saved_model.save(tf.Module(), str(folder), signatures={"serving_default": serve})
        return folder

    return make
