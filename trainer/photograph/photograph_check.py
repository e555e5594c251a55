"""The door of the exported model: what cannot be masked is refused before anything is decoded.

It lives in the graph, so that it holds in every server. A refused request ends with
INVALID_ARGUMENT and a text that names each photograph at fault by its place in the request.
"""

from typing import Final

import tensorflow as tf

from pipeline.config import PhotographLimits
from trainer.photograph.photograph_header import PhotographHeader, first_fault
from trainer.photograph.read_header import read_header, shown_size

# How the fault of a file ends that is over a limit of the configuration.
OVER_LIMIT: Final = " are the most"

# TensorFlow Serving cuts error texts at 1024 characters; one fault takes 180 at most.
_MOST_FAULTS_TOLD = 4
_HEADERS_AT_ONCE = 2


def check_photograph(image: tf.Tensor, limits: PhotographLimits) -> PhotographHeader:
    """Reads a photograph's header and holds it against the limits.

    Args:
        image: string [], the file.
        limits: What is taken.

    Returns:
        The header; its fault tells of the limits too.
    """
    size = tf.strings.length(image)
    is_too_long = size > limits.max_bytes
    # Of a file that is too long nothing is read.
    header = read_header(tf.where(is_too_long, b"", image))
    pixels = tf.cast(header.height, tf.int64) * tf.cast(header.width, tf.int64)
    of_limits = first_fault(
        [
            (is_too_long, f"has {{}} bytes, and {limits.max_bytes}{OVER_LIMIT}", size),
            (
                pixels > limits.max_pixels,
                f"has {{}} pixels, and {limits.max_pixels}{OVER_LIMIT}",
                pixels,
            ),
        ]
    )
    fault = tf.where(is_too_long | (header.fault == b""), of_limits, header.fault)
    return header._replace(fault=fault)


def check_photographs(
    images: tf.Tensor, limits: PhotographLimits, name: str
) -> tuple[tf.Tensor, tf.Tensor]:
    """Refuses a batch in which any photograph is at fault.

    Args:
        images: string [N], the files.
        limits: What is taken.
        name: What a file is called in the text, before its index in brackets.

    Returns:
        ``images`` itself, to be decoded behind the check, and int32 [N, 2]: height and width of
        each photograph as it is shown, pixels.

    Raises:
        tf.errors.InvalidArgumentError: When the graph runs on a photograph at fault.
    """

    def size_and_fault(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        header = check_photograph(image, limits)
        return shown_size(header), header.fault

    sizes, faults = tf.map_fn(
        size_and_fault,
        images,
        fn_output_signature=(tf.TensorSpec([2], tf.int32), tf.TensorSpec([], tf.string)),
        parallel_iterations=_HEADERS_AT_ONCE,
    )
    with tf.control_dependencies([refuse(faults, name)]):
        return tf.identity(images), tf.identity(sizes)


def refuse(faults: tf.Tensor, name: str) -> tf.Operation:
    """Ends the run with INVALID_ARGUMENT if there is any fault.

    Args:
        faults: string [N], one text per photograph of the request; empty where it has none.
        name: What a photograph's file is called, before its index in brackets.

    Returns:
        The operation that does it.
    """
    places = tf.where(faults != b"")[:, 0]
    told = places[:_MOST_FAULTS_TOLD]
    texts = tf.strings.join([f"{name}[", tf.strings.as_string(told), "] ", tf.gather(faults, told)])
    text = tf.strings.reduce_join(texts, separator="; ")
    untold = tf.size(places) - tf.size(told)
    text = tf.where(
        untold > 0, tf.strings.join([text, "; and ", tf.strings.as_string(untold), " more"]), text
    )
    return tf.debugging.Assert(tf.size(places) == 0, [text])
