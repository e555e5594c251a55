"""Holds a request against a signature, with the checks and the words of TensorFlow Serving.

The order of the checks and their texts are those of its ``predict_util.cc``: a client written
against the real server must not be able to tell the difference.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import meta_graph_pb2

from serving.errors import ServingError, StatusCode


def feeds(
    signature: meta_graph_pb2.SignatureDef, inputs: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Finds the array for each tensor that a signature feeds.

    Number, names and dtypes are checked; shapes are not: only an operation may refuse a shape.

    Args:
        signature: The signature to run.
        inputs: The request's arrays by input alias; strings as bytes, in an array of dtype object.

    Returns:
        The arrays to feed, by tensor name.

    Raises:
        ServingError: INVALID_ARGUMENT.
    """
    expected, sent = set(signature.inputs), set(inputs)
    if len(sent) > len(expected) or (len(sent) < len(expected) and not signature.defaults):
        raise _invalid(
            f"input size does not match signature: {len(sent)}!={len(expected)} "
            f"len({_braced(sent)}) != len({_braced(expected)}). "
            f"Sent extra: {_braced(sent - expected)}. "
            f"Missing but required: {_braced(expected - sent)}."
        )
    arrays = {}
    for alias in sorted(expected):
        tensor_name = signature.inputs[alias].name
        if alias in inputs:
            arrays[tensor_name] = _as_fed(inputs[alias])
        elif alias in signature.defaults:
            arrays[tensor_name] = tf.make_ndarray(signature.defaults[alias])
        else:
            raise _invalid(
                f"Signature input alias: {alias}(feed name: {tensor_name}) not found in request "
                "and no default value provided. Inputs expected to be in the request "
                f"{_braced(sent)}, or default input alias set: {_joined(signature.defaults)}"
            )
    if sent - expected:
        raise _invalid(
            f"Inputs contains invalid name. Used request inputs: {_joined(sent & expected)}, "
            f"request input: {_joined(sent)}"
        )
    _check_dtypes(signature, arrays)
    return arrays


def fetches(
    signature: meta_graph_pb2.SignatureDef, output_filter: Sequence[str] = ()
) -> dict[str, str]:
    """Finds the tensor behind each output that a request wants.

    Args:
        signature: The signature to run.
        output_filter: The aliases wanted; all of them if empty.

    Returns:
        Tensor names by output alias, in alphabetical order.

    Raises:
        ServingError: INVALID_ARGUMENT, for an alias that is unknown or named twice.
    """
    seen: set[str] = set()
    for alias in output_filter:
        if alias not in signature.outputs:
            raise _invalid(
                f"output tensor alias not found in signature: {alias} "
                f"Outputs expected to be in the set {_braced(signature.outputs)}."
            )
        if alias in seen:
            raise _invalid(f"duplicate output tensor alias: {alias}")
        seen.add(alias)
    return {alias: signature.outputs[alias].name for alias in sorted(seen or signature.outputs)}


def _check_dtypes(signature: meta_graph_pb2.SignatureDef, arrays: Mapping[str, np.ndarray]) -> None:
    """Compares dtypes in the order of the tensor names: the runtime counts its arguments so."""
    expected = {tensor.name: tensor.dtype for tensor in signature.inputs.values()}
    for position, name in enumerate(sorted(arrays)):
        given = tf.as_dtype(arrays[name].dtype).as_datatype_enum
        if given != expected[name]:
            raise _invalid(
                f"Expects arg[{position}] to be {_runtime_name(expected[name])} "
                f"but {_runtime_name(given)} is provided"
            )


def _as_fed(value: np.ndarray) -> np.ndarray:
    """Returns the array as the runtime wants it: contiguous, and strings as objects."""
    array = np.asarray(value, order="C")
    return array.astype(object) if array.dtype.kind in "SU" else array


def _runtime_name(dtype: int) -> str:
    """Returns the C++ runtime's name for a dtype, such as "float" where Python has "float32"."""
    return types_pb2.DataType.Name(dtype).removeprefix("DT_").lower()


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(names))


def _braced(names: Iterable[str]) -> str:
    return "{" + _joined(names) + "}"


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
