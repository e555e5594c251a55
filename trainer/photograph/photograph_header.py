"""What a photograph's file says about itself before anything of it is decoded.

A decoder allocates what a header asks for, so the header is read by itself first: in TensorFlow
operations, because the exported model does it in every server. There are as few of them as can be:
they are traced and loaded with each signature, and run for each photograph.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import tensorflow as tf

# How the fault of a file begins whose end is missing.
CUT_SHORT: Final = "is cut short"


class PhotographHeader(NamedTuple):
    """What the header says.

    Attributes:
        height: int32 [], of the stored pixels; 0 or less where it says nonsense.
        width: int32 [], the same.
        exif: string [], the TIFF structure of the EXIF data; empty where there is none.
        fault: string [], why the file cannot be decoded, to be read after its name; empty where
            nothing in the header speaks against it.
    """

    height: tf.Tensor
    width: tf.Tensor
    exif: tf.Tensor
    fault: tf.Tensor


def read_numbers(image: tf.Tensor, at: tf.Tensor | int, dtype: tf.DType, count: int) -> tf.Tensor:
    """Reads numbers whose first byte weighs most.

    Args:
        image: string [], the file.
        at: int32 [], where they begin; at most its size.
        dtype: uint8, uint16 or int32.
        count: How many.

    Returns:
        int32 [count]; zeros behind the end of the file.
    """
    length = count * dtype.size
    content = tf.strings.substr(image, at, length)
    numbers = tf.io.decode_raw(content, dtype, little_endian=False, fixed_length=length)
    return tf.cast(numbers, tf.int32)


def split_at(content: tf.Tensor, separator: bytes, most: int) -> tf.Tensor:
    """Splits bytes, string [], into string [parts] where others occur, ``most`` times at most."""
    return tf.strings.split(content[tf.newaxis], separator, maxsplit=most).flat_values


def first_fault(faults: Sequence[tuple[tf.Tensor, str, tf.Tensor]]) -> tf.Tensor:
    """Words the first fault there is.

    Args:
        faults: Of each a condition, bool [], its text, and the number that takes the place of
            ``{}`` in it, int32 [] or int64 [].

    Returns:
        string [], the text of the first condition that holds; empty where none does.
    """
    conditions, texts, numbers = zip(*faults, strict=True)
    first = tf.argmax(tf.stack([*conditions, True]))
    number = tf.gather(tf.stack([tf.cast(number, tf.int64) for number in numbers] + [0]), first)
    parts = [text.partition("{}") for text in texts]
    before, after = [before for before, _, _ in parts], [after for _, _, after in parts]
    text = [
        tf.gather([*before, ""], first),
        tf.strings.as_string(number),
        tf.gather([*after, ""], first),
    ]
    return tf.where(first < len(faults), tf.strings.join(text), "")
