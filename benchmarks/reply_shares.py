"""What share of one full-size mask is the model, and what all else around it, on one core.

Exports U-Nets of carvana-128's and carvana-512's network with fresh weights (the time does not
depend on them) whose masks are nevertheless those of rendered cars, asks them one photograph at a
time, and times by themselves the functions that the signature is made of. All of it in a process
that has one core and one thread. Expected: at most 60 ms without the model.
"""

import functools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from studio.config import StudioConfig
from studio.dataset import render_dataset

_PRESETS = ("carvana-128", "carvana-512")
_ROUNDS = 30
_WARM_UP = 3
# As far as a fitted model's logits go.
_SURE = 8.0


def measure(scratch: Path) -> dict[str, Any]:
    """Measures the shares.

    Args:
        scratch: An empty folder.

    Returns:
        For each preset the median milliseconds of the whole reply and of each part, the parts'
        shares of their sum, what is left without the model, and the size of a reply.
    """
    photographs = render_dataset(
        scratch / "photographs", StudioConfig(cars=4, test_cars=0, width=1918, height=1280)
    )
    figures: dict[str, Any] = {"photograph_size": "1918x1280", "threads": 1}
    for preset in _PRESETS:
        child = [sys.executable, "-m", "benchmarks.reply_shares", preset, photographs, scratch]
        done = subprocess.run(child, check=True, stdout=subprocess.PIPE)
        figures[preset] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _measure_alone(preset: str, photographs: Path, scratch: Path) -> dict[str, Any]:
    """Measures one preset; TensorFlow must not have been imported before the core is chosen."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    import keras
    import numpy as np
    import tensorflow as tf

    from pipeline.presets import PRESETS
    from serving.server.servable import Servable
    from serving.server.session_options import SessionOptions
    from trainer import prediction, signatures
    from trainer.build_model import build_model
    from trainer.mask_png import encode_mask
    from trainer.photograph.photograph_check import check_photographs
    from trainer.preprocessing import decode_mask, decode_reduced
    from trainer.resize import shrink

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    config = PRESETS[preset].trainer("unet")
    size = config.input
    files = sorted((photographs / "train").iterdir())
    examples = [_example(path, config.limits) for path in files]
    images = [example.features.feature["image"].bytes_list.value[0] for example in examples]
    truths = [example.features.feature["mask"].bytes_list.value[0] for example in examples]
    masks = [decode_mask(tf.constant(truth))[..., 0] > 0 for truth in truths]
    shrunk = [shrink(decode_mask(tf.constant(truth)), size.height, size.width) for truth in truths]
    logits = [_SURE * (tf.cast(mask, tf.float32) / 127.5 - 1.0) for mask in shrunk]

    # The same from both sides, for flip averaging.
    template = tf.maximum(logits[0], logits[0][:, ::-1])
    network = build_model(config, tf.data.Dataset.from_tensors(b""))

    class CarShaped(keras.layers.Layer):
        """Adds little of what the network says to a car's logits."""

        def call(self, network_logits: Any) -> Any:
            return 1e-3 * keras.ops.tanh(network_logits) + template

    model = keras.Model(network.inputs, CarShaped()(network.outputs[0]))
    path = str(scratch / preset / "1")
    transform = _transform(examples, size, str(scratch / preset / "transform"))
    signatures.export(model, transform, size, 0.5, path, config.prediction, config.limits)

    scores = [prediction.predict(model, _pixels(images[0], size), config.prediction)[0]]
    height, width = masks[0].shape
    decoded = [decode_reduced(tf.constant(image), size.height, size.width) for image in images[:4]]
    parts = {
        "header_and_limits": (
            lambda image: check_photographs(image[None], config.limits, "image_bytes")[1],
            images,
        ),
        "jpeg_decode": (lambda image: decode_reduced(image, size.height, size.width), images),
        "shrink": (lambda pixels: shrink(pixels, size.height, size.width), decoded),
        "model": (
            lambda pixels: prediction.predict(model, pixels, config.prediction),
            [_pixels(image, size) for image in images[:4]],
        ),
        "enlarge_and_cut": (
            lambda scores: prediction.full_size_mask(
                scores, *tf.unstack(tf.constant([height, width])), 0.5, config.prediction
            ),
            scores,
        ),
        "png_encode": (encode_mask, masks),
    }
    spent = {
        name: _median_ms(tf.function(part), [tf.constant(each) for each in inputs])
        for name, (part, inputs) in parts.items()
    }
    options = SessionOptions(intra_op_threads=1, inter_op_threads=1)
    with Servable.load(path, options=options) as servable:

        def ask(image: bytes) -> bytes:
            reply = servable.predict({"image_bytes": np.array([image], dtype=object)})
            return reply["mask_png_bytes"][0]

        whole = _median_ms(ask, images)
        reply_bytes = len(ask(images[0]))
    total = sum(spent.values())
    return {
        "whole_reply_ms": round(whole, 1),
        "parts_ms": {name: round(ms, 1) for name, ms in spent.items()},
        "shares": {name: round(ms / total, 3) for name, ms in spent.items()},
        "without_model_ms": round(total - spent["model"], 1),
        "whole_reply_less_model_ms": round(whole - spent["model"], 1),
        "reply_bytes": reply_bytes,
    }


def _pixels(image: bytes, size: Any) -> Any:
    """Returns a photograph as the model takes it, float32 [1, H, W, 3]."""
    import tensorflow as tf

    from trainer.preprocessing import small_image

    return tf.cast(small_image(tf.constant(image), size.height, size.width)[None], tf.float32) / 255


def _median_ms(call: Callable[[Any], Any], inputs: list[Any]) -> float:
    spent = []
    for number in range(_WARM_UP + _ROUNDS):
        started = time.perf_counter()
        call(inputs[number % len(inputs)])
        spent.append(time.perf_counter() - started)
    return 1e3 * statistics.median(spent[_WARM_UP:])


def _example(path: Path, limits: Any) -> Any:
    from components.photograph_example import photograph_example
    from components.photograph_folder import Photograph

    mask = path.parents[1] / "train_masks" / f"{path.stem}_mask.gif"
    group_id, _, pose = path.stem.rpartition("_")
    photograph = Photograph(str(path), str(mask), path.stem, group_id, int(pose))
    return photograph_example(photograph, path.read_bytes(), mask.read_bytes(), limits)


def _transform(examples: list[Any], size: Any, folder: str) -> Any:
    """Runs TensorFlow Transform on a few examples, for the graph that it leaves."""
    import tensorflow as tf
    import tensorflow_transform as tft
    import tensorflow_transform.beam as tft_beam
    from google.protobuf import text_format
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tensorflow_transform.tf_metadata import dataset_metadata, schema_utils

    from pipeline.config import INPUT_CONFIG
    from pipeline.schema_copy import SCHEMA_FILE
    from trainer.preprocessing import preprocessing_fn

    schema = text_format.Parse(SCHEMA_FILE.read_text(), schema_pb2.Schema())
    spec = schema_utils.schema_as_feature_spec(schema).feature_spec
    rows = [
        {
            name: value.values.numpy() if isinstance(value, tf.SparseTensor) else value.numpy()
            for name, value in tf.io.parse_single_example(example.SerializeToString(), spec).items()
        }
        for example in examples[:2]
    ]
    preprocess = functools.partial(
        preprocessing_fn, custom_config={"input": INPUT_CONFIG.dump_json(size).decode()}
    )
    data = rows, dataset_metadata.DatasetMetadata(schema)
    with tft_beam.Context(temp_dir=f"{folder}_temporary"):
        analysed = data | tft_beam.AnalyzeDataset(preprocess)
        _ = analysed | tft_beam.WriteTransformFn(folder)
    return tft.TFTransformOutput(folder)


if __name__ == "__main__":
    print(json.dumps(_measure_alone(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
