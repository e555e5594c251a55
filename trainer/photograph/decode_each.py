"""Decodes a batch so that a file which the decoder refuses is told from the others.

A header can be whole and the pixels behind it broken. TensorFlow's decoders then end the run with
INVALID_ARGUMENT and a text that says what, but not which file of the batch.
"""

from collections.abc import Callable

import tensorflow as tf

from trainer.photograph.photograph_check import refuse

_DECODED_AT_ONCE = 2
_FAULT = "is broken: its header is whole, but its pixels cannot be decoded"


def decode_each(
    images: tf.Tensor, decode: Callable[[tf.Tensor], tf.Tensor], name: str
) -> tf.Tensor:
    """Decodes the files of one request.

    A single file goes straight to the decoder. Several are decoded by a dataset, because a dataset
    can go on after an error; that takes 3 ms per request.

    Args:
        images: string [N], files without a fault in their headers.
        decode: From string [n] to a tensor [n, ...] of a fixed shape and type.
        name: What a file is called in the text, before its index in brackets.

    Returns:
        What ``decode`` gives, [N, ...].

    Raises:
        tf.errors.InvalidArgumentError: When the graph runs on a file that cannot be decoded.
    """
    return tf.cond(
        tf.size(images) > 1, lambda: _one_by_one(images, decode, name), lambda: decode(images)
    )


def _one_by_one(
    images: tf.Tensor, decode: Callable[[tf.Tensor], tf.Tensor], name: str
) -> tf.Tensor:
    count = tf.size(images)
    decoded = (
        tf.data.Dataset.from_tensor_slices((tf.range(count), images))
        .map(
            lambda index, image: (index, decode(image[tf.newaxis])[0]),
            num_parallel_calls=_DECODED_AT_ONCE,
        )
        .ignore_errors()
    )
    # One more, so that there is a batch even where no file can be decoded.
    index_spec, pixels_spec = decoded.element_spec
    last = tf.data.Dataset.from_tensors((count, tf.zeros(pixels_spec.shape, pixels_spec.dtype)))
    indices, pixels = (
        decoded.concatenate(last).batch(tf.cast(count, tf.int64) + 1).get_single_element()
    )
    is_decoded = tf.scatter_nd(indices[:, tf.newaxis], tf.ones_like(indices), [count + 1])[:count]
    faults = tf.where(is_decoded == 1, "", _FAULT)
    with tf.control_dependencies([refuse(faults, name)]):
        return pixels[:count]
