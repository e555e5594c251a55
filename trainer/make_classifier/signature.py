"""What is exported: from the bytes of a photograph to the makes that its car most probably has.

``serving_default``  image_bytes -> makes, probabilities: the most probable first

Photographs pass the same door and the same graph of Transform as in ``trainer.signatures``.
"""

from collections.abc import Sequence
from typing import Final

import keras
import tensorflow as tf
import tensorflow_transform as tft

from pipeline.config import InputConfig, PhotographLimits
from trainer.photograph.decode_each import decode_each
from trainer.photograph.photograph_check import check_photographs
from trainer.signatures import IMAGE_BYTES, preprocessing

MAKES: Final = "makes"
PROBABILITIES: Final = "probabilities"

# Or all, where there are fewer.
ANSWERS: Final = 5


def export_make_classifier(
    model: keras.Model,
    makes: Sequence[str],
    transform: tft.TFTransformOutput,
    size: InputConfig,
    path: str,
    limits: PhotographLimits,
) -> None:
    """Writes the SavedModel.

    Args:
        model: From float32 [N, H, W, 3] in [0, 1] to probabilities, float32 [N, C].
        makes: C names, in the model's order; become a part of the graph.
        transform: What Transform left.
        size: The model's input size.
        path: Directory to write; TensorFlow Serving needs it below a numbered version directory.
        limits: Which photographs are refused; becomes part of the graph.
    """
    pixels = preprocessing(transform, size)

    def answer(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        image_bytes, _ = check_photographs(image_bytes, limits, IMAGE_BYTES)
        # TensorFlow's convolutions fail on a batch of none once they are fused with what follows.
        all_probabilities = tf.cond(
            tf.size(image_bytes) > 0,
            lambda: model(decode_each(image_bytes, pixels, IMAGE_BYTES)),
            lambda: tf.zeros([0, len(makes)]),
        )
        probabilities, places = tf.math.top_k(all_probabilities, min(ANSWERS, len(makes)))
        return {MAKES: tf.gather(tf.constant(list(makes)), places), PROBABILITIES: probabilities}

    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(
        "serving_default",
        answer,
        input_signature=[tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)],
    )
    archive.write_out(path, verbose=False)
