"""Examples that went through the real preprocessing, once for all tests."""

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from google.protobuf import text_format
from PIL import Image
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

from pipeline.config import (
    INPUT_CONFIG,
    TRAINER_CONFIG,
    InputConfig,
    PhotographLimits,
    PredictionConfig,
    TrainerConfig,
)
from pipeline.schema_copy import SCHEMA_FILE
from serving.server.servable import Servable
from trainer import signatures
from trainer.preprocessing import preprocessing_fn

# Of the models' input: not square, and smaller than the photographs by a factor that is not whole.
SIZE = InputConfig(height=16, width=24)
# Width, height and seed of each photograph.
TRAIN = ((40, 30, 0), (40, 30, 1), (33, 47, 2), (24, 16, 3), (64, 64, 4))
VAL = ((40, 30, 10), (31, 57, 11), (64, 48, 12))
# Of each photograph; one unknown in both splits, one that only val has.
MAKES = {"train": (b"Acme", b"Bolt", b"", b"Bolt", b"Cyan & Co"), "val": (b"Bolt", b"", b"Zeta")}


@dataclass(frozen=True)
class Transformed:
    """What Transform did.

    Attributes:
        size: Of the models' input.
        raw: The examples that went in, by split.
        features: What came out, by split: the features of each example.
        files: Those as patterns of gzipped TFRecord files, by split.
        graph: The saved preprocessing.
    """

    size: InputConfig
    raw: dict[str, list[Any]]
    features: dict[str, list[dict[str, Any]]]
    files: dict[str, list[str]]
    graph: tft.TFTransformOutput

    def dataset(self, split: str) -> tf.data.Dataset:
        """Reads the files back without the code under test."""
        [pattern] = self.files[split]
        return tf.data.TFRecordDataset(tf.io.gfile.glob(pattern), compression_type="GZIP")


@pytest.fixture(scope="session")
def lying_example(raw_example, pixels_of_image, file_of) -> Any:
    """An example whose photograph is stored on its side, as EXIF says; its mask is not."""
    exif = Image.Exif()
    exif[0x0112] = 6
    stored = np.rot90(pixels_of_image(40, 30, 13))
    return raw_example("lying_01", 40, 30, 13, image=file_of(stored, "JPEG", exif=exif))


@pytest.fixture(scope="session")
def transformed(raw_example, lying_example, transform) -> Transformed:
    """Photographs of both splits that went through TensorFlow Transform."""
    raw = {
        split: [
            raw_example(f"{split}_{index + 1:02}", *size_and_seed, make=MAKES[split][index])
            for index, size_and_seed in enumerate(sizes)
        ]
        for split, sizes in (("train", TRAIN), ("val", VAL))
    }
    raw["val"].append(lying_example)
    return transform(raw)


@pytest.fixture(scope="session")
def transform(write_records, tmp_path_factory) -> Callable[..., Transformed]:
    """Runs TensorFlow Transform in this process: analyses train, transforms all splits."""
    schema = text_format.Parse(Path(SCHEMA_FILE).read_text(), schema_pb2.Schema())
    spec = schema_utils.schema_as_feature_spec(schema).feature_spec
    metadata = dataset_metadata.DatasetMetadata(schema)
    preprocess = functools.partial(
        preprocessing_fn, custom_config={"input": INPUT_CONFIG.dump_json(SIZE).decode()}
    )

    def transform(raw: dict[str, list[Any]]) -> Transformed:
        folder = tmp_path_factory.mktemp("transform")
        instances = {
            split: [
                {
                    name: value.values.numpy()
                    if isinstance(value, tf.SparseTensor)
                    else value.numpy()
                    for name, value in tf.io.parse_single_example(
                        example.SerializeToString(), spec
                    ).items()
                }
                for example in examples
            ]
            for split, examples in raw.items()
        }
        with tft_beam.Context(temp_dir=str(folder / "temporary")):
            transform_fn = (instances["train"], metadata) | tft_beam.AnalyzeDataset(preprocess)
            _ = transform_fn | tft_beam.WriteTransformFn(str(folder / "graph"))
            datasets = {
                split: ((rows, metadata), transform_fn) | tft_beam.TransformDataset()
                for split, rows in instances.items()
            }
        files = {}
        for split, (rows, transformed_metadata) in datasets.items():
            coder = tft.coders.ExampleProtoCoder(transformed_metadata.schema)
            write_records(folder / split / "part-0.gz", [coder.encode(row) for row in rows])
            files[split] = [str(folder / split / "*.gz")]
        return Transformed(
            size=SIZE,
            raw=raw,
            features={split: rows for split, (rows, _) in datasets.items()},
            files=files,
            graph=tft.TFTransformOutput(str(folder / "graph")),
        )

    return transform


@pytest.fixture(scope="session")
def trainer_arguments(transformed):
    """Returns what TFX would hand ``run_fn``, as a dict that JSON can hold."""

    def trainer_arguments(folder: Path, config: TrainerConfig, **more: Any) -> dict[str, Any]:
        return {
            "custom_config": {
                "trainer": TRAINER_CONFIG.dump_json(config).decode(),
                "fits": str(folder / "fits"),
            },
            "base_model": None,
            "hyperparameters": None,
            "transform_output": transformed.graph.transform_savedmodel_dir.rpartition("/")[0],
            "train_files": transformed.files["train"],
            "eval_files": transformed.files["val"],
            "model_run_dir": str(folder / "run"),
            "serving_model_dir": str(folder / "model" / "Format-Serving"),
            **more,
        }

    return trainer_arguments


class RedIsObject(keras.layers.Layer):
    """Logits that are far above zero where a pixel's red is, and far below where it is not."""

    def build(self, input_shape):
        self.red = self.add_weight(shape=(), initializer=keras.initializers.Constant(0.5))

    def call(self, images):
        return 20.0 * (images[..., :1] - self.red)


@pytest.fixture(scope="session")
def red_is_object(transformed, tmp_path_factory) -> Iterator[Servable]:
    """The exported model that masks what is red, loaded as TensorFlow Serving loads it."""
    images = keras.Input((transformed.size.height, transformed.size.width, 3))
    path = str(tmp_path_factory.mktemp("red_is_object") / "1")
    signatures.export(
        keras.Model(images, RedIsObject()(images)),
        transformed.graph,
        transformed.size,
        0.5,
        path,
        PredictionConfig(),
        PhotographLimits(),
    )
    with Servable.load(path) as servable:
        yield servable
