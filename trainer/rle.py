"""The challenge's run-length encoding of a mask.

"start length" pairs separated by spaces; pixels are numbered from 1, left to right, then top to
bottom (https://www.kaggle.com/c/carvana-image-masking-challenge, Evaluation).
"""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def encode(mask: NDArray[np.uint8]) -> str:
    """Returns the runs of a mask.

    Args:
        mask: uint8 [H, W]; non-zero is car.

    Returns:
        The pairs, sorted by start; an empty string for an empty mask.
    """
    pixels = np.pad(np.not_equal(mask, 0).ravel(), 1)
    edges = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    edges[1::2] -= edges[::2]
    return " ".join(map(str, edges))


def decode(rle: str, height: int, width: int) -> NDArray[np.uint8]:
    """Returns the mask that ``encode`` turned into ``rle``.

    Args:
        rle: "start length" pairs.
        height: Of the mask, pixels.
        width: Of the mask, pixels.

    Returns:
        uint8 [height, width], 0 or 1.

    Raises:
        ValueError: If the text has an odd count of numbers, a run leaves the mask, or runs overlap
            or are not sorted.
    """
    outside = f"RLE has a run outside the {width}x{height} mask, or an empty one"
    try:
        numbers = np.array(rle.split(), dtype=np.int64)
    except OverflowError as error:
        raise ValueError(outside) from error
    if numbers.size % 2:
        raise ValueError(f"RLE has {numbers.size} numbers; they must come in start-length pairs")
    starts, lengths = numbers[::2] - 1, numbers[1::2]
    room = height * width - starts
    if numbers.size and (starts.min() < 0 or lengths.min() < 1 or (lengths > room).any()):
        raise ValueError(outside)
    ends = starts + lengths
    if (starts[1:] < ends[:-1]).any():
        raise ValueError("RLE has runs that overlap or are not sorted")
    steps = np.zeros(height * width + 1, dtype=np.int8)
    np.add.at(steps, starts, 1)
    np.add.at(steps, ends, -1)
    return np.cumsum(steps[:-1], dtype=np.int8).astype(np.uint8).reshape(height, width)


def encode_in_graph(mask: tf.Tensor) -> tf.Tensor:
    """Does what ``encode`` does with TensorFlow operations, for the exported signature.

    Args:
        mask: bool [H, W].

    Returns:
        string [].
    """
    pixels = tf.pad(tf.reshape(tf.cast(mask, tf.int8), [-1]), [[1, 1]])
    edges = tf.where(tf.not_equal(pixels[1:], pixels[:-1]))[:, 0] + 1
    starts, ends = edges[::2], edges[1::2]
    runs = tf.reshape(tf.stack([starts, ends - starts], axis=1), [-1])
    return tf.strings.reduce_join(tf.strings.as_string(runs), separator=" ")


def decode_in_graph(rle: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
    """Does what ``decode`` does with TensorFlow operations.

    It takes ``train_masks.csv`` and what the signature ``rle`` gave to masks in a ``tf.data``
    pipeline or a graph.

    Args:
        rle: string [], "start length" pairs.
        height: int32 [], of the mask, pixels.
        width: int32 [], of the mask, pixels.

    Returns:
        bool [height, width].

    Raises:
        tf.errors.InvalidArgumentError: When the graph runs on a text that ``decode`` refuses.
    """
    numbers = tf.strings.to_number(tf.strings.split(rle), tf.int64)
    pairs = numbers[: tf.size(numbers) // 2 * 2]
    starts, lengths = pairs[::2] - 1, pairs[1::2]
    size = tf.stack([height, width])
    count = tf.reduce_prod(tf.cast(size, tf.int64))
    is_inside = (starts >= 0) & (lengths >= 1) & (lengths <= count - starts)
    ends = starts + lengths
    odd = tf.strings.format(
        "RLE has {} numbers; they must come in start-length pairs", tf.size(numbers)
    )
    outside = tf.strings.format(
        "RLE has a run outside the {}x{} mask, or an empty one", (width, height)
    )
    is_sorted = tf.reduce_all(starts[1:] >= ends[:-1])
    fault = tf.where(is_sorted, "", "RLE has runs that overlap or are not sorted")
    fault = tf.where(tf.reduce_all(is_inside), fault, outside)
    fault = tf.where(tf.size(numbers) % 2 == 0, fault, odd)
    with tf.control_dependencies([tf.debugging.Assert(fault == "", [fault])]):
        edges = tf.concat([starts, ends], axis=0)[:, tf.newaxis]
    steps = tf.concat([tf.ones_like(starts, tf.int8), -tf.ones_like(ends, tf.int8)], axis=0)
    pixels = tf.cumsum(tf.scatter_nd(edges, steps, [count + 1])[:-1])
    return tf.reshape(pixels > 0, size)
