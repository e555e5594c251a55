"""The one preprocessing of training and serving: what Transform runs, saves and serves.

Transform traces ``preprocessing_fn`` into a graph. Over the training split it fills in the average
mask and the vocabulary of makes (full-pass analyzers), over every split it writes the transformed
examples, and the same graph is what the exported signatures call. Nothing re-implements it.

The vocabulary is made whether or not a make classifier is fitted: it is a count of short strings in
a pass that is made anyway, and with a graph of its own a run that adds the classifier would fit all
other models again. It is looked up where the classifier is fitted: a lookup table in this graph
would become a part of every exported mask model.
"""

import functools
from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from pipeline import features
from pipeline.config import INPUT_CONFIG
from trainer.photograph.exif_orientation import is_on_its_side, turn_upright
from trainer.photograph.read_header import is_png, orientation_of, read_header
from trainer.resize import shrink

# TensorFlow turns a division by a constant into this product, but not in every graph: training and
# serving would differ in the last bit.
_PER_LEVEL = 1.0 / 255.0
# In tf.map_fn; each iteration under way holds a decoded full-size photograph.
_DECODED_AT_ONCE = 2
# At which libjpeg decodes for less than the whole, the fastest first.
_RATIOS = (8, 4, 2)


def preprocessing_fn(
    inputs: Mapping[str, Any], custom_config: Mapping[str, Any]
) -> dict[str, tf.Tensor]:
    """Maps raw features to what the models see.

    Args:
        inputs: Batched raw features: ``image``, ``image_id``, ``group_id`` and ``make`` string [N],
            ``mask`` a sparse string [N, 1] (absent where unlabelled).
        custom_config: ``{"input": <InputConfig as JSON>}``.

    Returns:
        ``image_tensor``, ``mask_tensor``, ``average_mask_tensor``: string [N], serialized uint8
        tensors (see pipeline/features.py); ``image_id``, ``group_id``, ``make`` and ``mask`` as
        they came in, the last because the threshold is fitted at full resolution.
    """
    size = INPUT_CONFIG.validate_json(custom_config["input"])
    images = inputs[features.IMAGE]
    masks = tf.sparse.to_dense(inputs[features.MASK], default_value=b"")[:, 0]

    image_pixels = _map(lambda image: small_image(image, size.height, size.width), images)
    mask_pixels = _map(lambda mask: shrink(decode_mask(mask), size.height, size.width), masks)
    mask_pixels = tf.ensure_shape(mask_pixels, [None, size.height, size.width, 1])

    average_mask = tft.mean(
        tf.cast(mask_pixels, tf.float32), reduce_instance_dims=False, name="average_mask"
    )
    average_mask = tf.cast(tf.round(average_mask), tf.uint8)
    # A file beside the graph; it leaves out empty makes.
    tft.vocabulary(inputs[features.MAKE], vocab_filename=features.MAKE_VOCABULARY)
    return {
        features.IMAGE_TENSOR: _map(tf.io.serialize_tensor, image_pixels, tf.string),
        features.MASK_TENSOR: _map(tf.io.serialize_tensor, mask_pixels, tf.string),
        features.AVERAGE_MASK_TENSOR: tf.repeat(
            tf.io.serialize_tensor(average_mask)[tf.newaxis], tf.shape(images)[0]
        ),
        features.IMAGE_ID: inputs[features.IMAGE_ID],
        features.GROUP_ID: inputs[features.GROUP_ID],
        features.MAKE: inputs[features.MAKE],
        features.MASK: masks,
    }


def small_image(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Decodes a photograph and shrinks it to the model's size.

    Args:
        image: string [], a JPEG or PNG file.
        height: Of the result, pixels.
        width: Of the result, pixels.

    Returns:
        uint8 [height, width, 3], RGB, as it is shown.
    """
    return shrink(decode_reduced(image, height, width), height, width)


def decode_reduced(image: tf.Tensor, height: int, width: int) -> tf.Tensor:
    """Decodes a photograph that is going to be shrunk.

    A JPEG is decoded at an eighth, a quarter or a half of its size where that leaves the model's
    size and divides both sides: else the last row and column would stand for fewer pixels than the
    others, and what is shown would lie up to a few pixels aside. libjpeg then leaves out the finest
    detail instead of averaging it: on real photographs, with two models that were fitted on whole
    decodes, the mean Dice changed by less than 0.00002.

    Args:
        image: string [], a JPEG or PNG file.
        height: That it will be shrunk to, pixels.
        width: That it will be shrunk to, pixels.

    Returns:
        uint8 [H, W, 3], RGB, as it is shown, of at least that size where the photograph has it.
    """
    header = read_header(image)
    orientation = orientation_of(header)
    stored = tf.stack([header.height, header.width])
    least = tf.where(is_on_its_side(orientation), [width, height], [height, width])
    fits = [tf.reduce_all((stored % ratio == 0) & (stored // ratio >= least)) for ratio in _RATIOS]
    return _decode(image, orientation, tf.argmax(tf.stack([*fits, True]), output_type=tf.int32))


def decode_image(image: tf.Tensor) -> tf.Tensor:
    """Decodes a photograph as it is shown: EXIF's orientation counts.

    Args:
        image: string [], a JPEG or PNG file.

    Returns:
        uint8 [H, W, 3], RGB; an alpha channel is dropped.
    """
    return _decode(image, orientation_of(read_header(image)), tf.constant(len(_RATIOS)))


def decode_mask(mask: tf.Tensor) -> tf.Tensor:
    """Decodes a mask.

    Args:
        mask: string [], a one-channel PNG.

    Returns:
        uint8 [H, W, 1], 0 or 255.
    """
    return tf.io.decode_png(mask, channels=1)


def parse_pixels(serialized: tf.Tensor, height: int, width: int, channels: int) -> tf.Tensor:
    """Turns one of the serialized tensors of the transformed features back into pixels.

    Args:
        serialized: string [], a TensorProto of uint8 [height, width, channels].
        height: Pixels.
        width: Pixels.
        channels: 3 for photographs, 1 for masks.

    Returns:
        float32 [height, width, channels] in [0, 1].
    """
    pixels = tf.io.parse_tensor(serialized, tf.uint8)
    return tf.cast(tf.ensure_shape(pixels, [height, width, channels]), tf.float32) * _PER_LEVEL


def _decode(image: tf.Tensor, orientation: tf.Tensor, which_ratio: tf.Tensor) -> tf.Tensor:
    """Decodes a JPEG at one of ``_RATIOS``, or whole behind the last, and a PNG whole; turns it."""
    decoders = [
        functools.partial(tf.io.decode_jpeg, image, channels=3, ratio=ratio)
        for ratio in (*_RATIOS, 1)
    ]
    pixels = tf.cond(
        is_png(image),
        lambda: tf.io.decode_png(image, channels=3),
        lambda: tf.switch_case(which_ratio, decoders),
    )
    return turn_upright(tf.ensure_shape(pixels, [None, None, 3]), orientation)


def _map(function: Any, elements: tf.Tensor, dtype: tf.DType = tf.uint8) -> tf.Tensor:
    return tf.map_fn(
        function,
        elements,
        fn_output_signature=dtype,
        parallel_iterations=_DECODED_AT_ONCE,
    )
