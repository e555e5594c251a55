"""Tiny models with the exported signatures, for the tests of batch inference."""

import json
from pathlib import Path

import keras
import tensorflow as tf

from pipeline import features
from pipeline.config import InputConfig, PhotographLimits, PredictionConfig
from trainer import signatures
from trainer.preprocessing import small_image

SIZE = InputConfig(height=16, width=24)
LIMITS = PhotographLimits(max_pixels=100_000, max_bytes=1_000_000)


class Preprocessing:
    """Stands for what Transform leaves: the same functions, without an analysis."""

    def __init__(self, size: InputConfig) -> None:
        self._size = size

    def transform_features_layer(self):
        def serialized(image: tf.Tensor) -> tf.Tensor:
            return tf.io.serialize_tensor(small_image(image, self._size.height, self._size.width))

        return lambda inputs: {
            features.IMAGE_TENSOR: tf.map_fn(
                serialized, inputs[features.IMAGE], fn_output_signature=tf.string
            )
        }


class RedIsObject(keras.layers.Layer):
    """Logits above zero where a pixel is red enough; to the left less is enough."""

    def __init__(self, gain: float = 6.0) -> None:
        super().__init__()
        self._gain = gain

    def build(self, input_shape):
        self.level = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.5))

    def call(self, images):
        leaning = keras.ops.linspace(0.1, -0.1, images.shape[2])[None, None, :, None]
        return self._gain * (images[..., :1] - self.level + leaning)


def export(
    path: Path,
    threshold: float = 0.5,
    enlarge: str = "probability",
    flip_average: bool = False,
    gain: float = 6.0,
    max_bytes: int = LIMITS.max_bytes,
) -> str:
    """Exports a model, and a card with it; returns the version directory."""
    images = keras.Input((SIZE.height, SIZE.width, 3))
    signatures.export(
        keras.Model(images, RedIsObject(gain)(images)),
        Preprocessing(SIZE),
        SIZE,
        threshold,
        str(path),
        PredictionConfig(flip_average=flip_average, enlarge=enlarge),
        PhotographLimits(LIMITS.max_pixels, max_bytes),
    )
    pairs = {
        "threshold": str(threshold),
        "flip_average": "yes" if flip_average else "no",
        "enlarge": enlarge,
    }
    values = [{"key": key, "value": value} for key, value in pairs.items()]
    taken = [{"key": "max_bytes", "value": str(max_bytes)}]
    content = {"model_parameters": {"input_format_map": taken, "output_format_map": values}}
    (path / "model_card.json").write_text(json.dumps(content))
    return str(path)
