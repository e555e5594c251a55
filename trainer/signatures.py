"""What is exported: from the bytes of a photograph to the bytes of its mask, in one graph.

``serving_default``  image_bytes -> mask_png_bytes, one-channel PNG files, 0 or 255, full size
``rle``              image_bytes -> rle, the challenge's run-length encoding, full size
``probability``      image_bytes -> probability, float32 [N, H, W] at the model's size

All go through the graph that Transform saved. ``keras.export.ExportArchive`` writes it, because a
plain ``tf.saved_model.save`` of a function that captures a Keras 3 model fails in TensorFlow
Serving at the first request.
"""

from collections.abc import Callable
from typing import Final

import keras
import tensorflow as tf
import tensorflow_transform as tft

from pipeline import features
from pipeline.config import InputConfig, PredictionConfig
from trainer import prediction, rle
from trainer.preprocessing import parse_pixels

IMAGE_BYTES: Final = "image_bytes"
MASK_PNG_BYTES: Final = "mask_png_bytes"
RLE: Final = "rle"
PROBABILITY: Final = "probability"

_PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
_FULL_SIZE_MASKS_AT_ONCE: Final = 2


def export(
    model: keras.Model,
    transform: tft.TFTransformOutput,
    size: InputConfig,
    threshold: float,
    path: str,
    config: PredictionConfig,
) -> None:
    """Writes the SavedModel.

    Args:
        model: From float32 [N, H, W, 3] in [0, 1] to logits, float32 [N, H, W, 1].
        transform: What Transform left.
        size: The model's input size.
        threshold: A pixel is car where its probability is above this.
        path: Directory to write; TensorFlow Serving needs it below a numbered version directory.
        config: How logits become a mask; becomes part of the graph.
    """
    transform_layer = transform.transform_features_layer()

    def scores(image_bytes: tf.Tensor) -> tf.Tensor:
        transformed = transform_layer({features.IMAGE: image_bytes})
        images = tf.map_fn(
            lambda serialized: parse_pixels(serialized, size.height, size.width, 3),
            transformed[features.IMAGE_TENSOR],
            fn_output_signature=tf.float32,
        )
        images = tf.ensure_shape(images, [None, size.height, size.width, 3])
        return prediction.predict(model, images, config)

    def each_mask(image_bytes: tf.Tensor, encode: Callable[[tf.Tensor], tf.Tensor]) -> tf.Tensor:
        def encode_mask(element: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            image, small = element
            height, width = tf.unstack(photograph_size(image))
            return encode(prediction.full_size_mask(small, height, width, threshold, config))

        return tf.map_fn(
            encode_mask,
            (image_bytes, scores(image_bytes)),
            fn_output_signature=tf.string,
            parallel_iterations=_FULL_SIZE_MASKS_AT_ONCE,
        )

    archive = keras.export.ExportArchive()
    archive.track(model)
    image_bytes = [tf.TensorSpec([None], tf.string, name=IMAGE_BYTES)]
    archive.add_endpoint(
        "serving_default",
        lambda image_bytes: {MASK_PNG_BYTES: each_mask(image_bytes, encode_png)},
        input_signature=image_bytes,
    )
    archive.add_endpoint(
        "rle",
        lambda image_bytes: {RLE: each_mask(image_bytes, rle.encode_in_graph)},
        input_signature=image_bytes,
    )
    archive.add_endpoint(
        "probability",
        lambda image_bytes: {PROBABILITY: prediction.probability(scores(image_bytes), config)},
        input_signature=image_bytes,
    )
    archive.write_out(path, verbose=False)


def encode_png(mask: tf.Tensor) -> tf.Tensor:
    """Encodes a mask.

    Args:
        mask: bool [H, W].

    Returns:
        string [], a one-channel 8-bit PNG file of 0 and 255.
    """
    return tf.io.encode_png(tf.cast(mask, tf.uint8)[..., tf.newaxis] * 255)


def photograph_size(image: tf.Tensor) -> tf.Tensor:
    """Reads a photograph's size from its header, without decoding it a second time.

    Args:
        image: string [], a JPEG or PNG file.

    Returns:
        int32 [2]: height and width in pixels.
    """
    size = tf.cond(
        tf.strings.substr(image, 0, len(_PNG_MAGIC)) == _PNG_MAGIC,
        lambda: _png_size(image),
        lambda: tf.io.extract_jpeg_shape(image)[:2],
    )
    return tf.ensure_shape(size, [2])


def _png_size(image: tf.Tensor) -> tf.Tensor:
    # IHDR is the first chunk: width and height are the big-endian words at bytes 16 and 20
    # (RFC 2083, section 4.1.1). Padded, so that it is the decoder that refuses a file cut short.
    header = tf.strings.substr(image, 0, 24) + tf.constant(b"\0" * 24)
    words = tf.io.decode_raw(tf.strings.substr(header, 16, 8), tf.int32, little_endian=False)
    return words[::-1]
