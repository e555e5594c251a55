"""What is exported: from the bytes of a photograph to the bytes of its mask, in one graph.

``serving_default``  image_bytes -> mask_png_bytes, one-channel PNG files of 0 and 255, full size
``rle``              image_bytes -> rle, the challenge's run-length encoding, full size
``probability``      image_bytes -> probability, float32 [N, H, W] at the model's size

What is no photograph is refused at the door (``trainer.photograph.photograph_check``). All else
goes through the graph that Transform saved. ``keras.export.ExportArchive`` writes the signatures,
because a plain ``tf.saved_model.save`` of a function that captures a Keras 3 model fails in
TensorFlow Serving at the first request.
"""

from collections.abc import Callable
from typing import Final

import keras
import tensorflow as tf
import tensorflow_transform as tft

from pipeline import features
from pipeline.config import InputConfig, PhotographLimits, PredictionConfig
from trainer import prediction, rle
from trainer.mask_png import encode_mask
from trainer.photograph.decode_each import decode_each
from trainer.photograph.photograph_check import check_photographs
from trainer.preprocessing import parse_pixels

IMAGE_BYTES: Final = "image_bytes"
MASK_PNG_BYTES: Final = "mask_png_bytes"
RLE: Final = "rle"
PROBABILITY: Final = "probability"

_FULL_SIZE_MASKS_AT_ONCE: Final = 2


def export(
    model: keras.Model,
    transform: tft.TFTransformOutput,
    size: InputConfig,
    threshold: float,
    path: str,
    config: PredictionConfig,
    limits: PhotographLimits,
) -> None:
    """Writes the SavedModel.

    Args:
        model: From float32 [N, H, W, 3] in [0, 1] to logits, float32 [N, H, W, 1].
        transform: What Transform left.
        size: The model's input size.
        threshold: A pixel is car where its probability is above this.
        path: Directory to write; TensorFlow Serving needs it below a numbered version directory.
        config: How logits become a mask; becomes part of the graph.
        limits: Which photographs are refused; becomes part of the graph.
    """
    pixels = preprocessing(transform, size)

    def scores(image_bytes: tf.Tensor) -> tf.Tensor:
        return prediction.predict(model, decode_each(image_bytes, pixels, IMAGE_BYTES), config)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def checked(image_bytes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return check_photographs(image_bytes, limits, IMAGE_BYTES)

    def each_mask(image_bytes: tf.Tensor, encode: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
        def encoded(element: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            (height, width), small = tf.unstack(element[0]), element[1]
            return encode(prediction.full_size_mask(small, height, width, threshold, config))

        image_bytes, sizes = checked(image_bytes)
        return tf.map_fn(
            encoded,
            (sizes, scores(image_bytes)),
            fn_output_signature=tf.string,
            parallel_iterations=_FULL_SIZE_MASKS_AT_ONCE,
        )

    archive = keras.export.ExportArchive()
    archive.track(model)
    image_bytes = [tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)]
    archive.add_endpoint(
        "serving_default",
        lambda image_bytes: {MASK_PNG_BYTES: each_mask(image_bytes, encode_mask)},
        input_signature=image_bytes,
    )
    archive.add_endpoint(
        "rle",
        lambda image_bytes: {RLE: each_mask(image_bytes, rle.encode_in_graph)},
        input_signature=image_bytes,
    )
    archive.add_endpoint(
        "probability",
        lambda image_bytes: {
            PROBABILITY: prediction.probability(scores(checked(image_bytes)[0]), config)
        },
        input_signature=image_bytes,
    )
    archive.write_out(path, verbose=False)


def preprocessing(
    transform: tft.TFTransformOutput, size: InputConfig
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the graph that Transform saved, as a signature calls it.

    Args:
        transform: What Transform left.
        size: The models' input size.

    Returns:
        From photographs' files, string [N], to float32 [N, height, width, 3] in [0, 1].
    """
    transform_layer = transform.transform_features_layer()

    def pixels(image_bytes: tf.Tensor) -> tf.Tensor:
        transformed = transform_layer({features.IMAGE: image_bytes})
        images = tf.map_fn(
            lambda serialized: parse_pixels(serialized, size.height, size.width, 3),
            transformed[features.IMAGE_TENSOR],
            fn_output_signature=tf.float32,
        )
        return tf.ensure_shape(images, [None, size.height, size.width, 3])

    return pixels
