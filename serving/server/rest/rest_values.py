"""JSON values to arrays by dtype: what counts as a float, an integer or a string over REST.

Whole tensors are converted at once, which is many times as fast as value by value.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2

from serving.errors import ServingError, StatusCode
from serving.server.rest import rest_base64
from serving.server.rest.rest_json import encode, quote, type_name

# What NumPy 1 can hold.
MAX_RANK = 32


@dataclass(frozen=True)
class _IntegerRule:
    """Which integers a dtype takes: small ones take 32 bits, and wrap, as in the real server."""

    dtype: type[np.generic]
    smallest: int
    largest: int


_FLOATS: dict[int, type[np.generic]] = {
    types_pb2.DT_FLOAT: np.float32,
    types_pb2.DT_DOUBLE: np.float64,
}
_INTEGERS = {
    types_pb2.DT_INT8: _IntegerRule(np.int8, -(2**31), 2**31 - 1),
    types_pb2.DT_INT16: _IntegerRule(np.int16, -(2**31), 2**31 - 1),
    types_pb2.DT_INT32: _IntegerRule(np.int32, -(2**31), 2**31 - 1),
    types_pb2.DT_UINT8: _IntegerRule(np.uint8, -(2**31), 2**31 - 1),
    types_pb2.DT_INT64: _IntegerRule(np.int64, -(2**63), 2**63 - 1),
    types_pb2.DT_UINT32: _IntegerRule(np.uint32, 0, 2**32 - 1),
    types_pb2.DT_UINT64: _IntegerRule(np.uint64, 0, 2**64 - 1),
}
_KNOWN = {*_FLOATS, *_INTEGERS, types_pb2.DT_BOOL, types_pb2.DT_STRING}


def to_array(value: Any, dtype: int) -> np.ndarray | None:
    """Converts a value, or lists of lists of values.

    Args:
        value: A value of a parsed document.
        dtype: The DataType wanted. Integers are taken for floats; beyond its range, a float
            becomes infinite.

    Returns:
        The array, of the lists' shape; strings as bytes, in an array of dtype object. None if a
        list is ragged or a value does not fit: ``rest_faults`` finds out which.
    """
    shape: list[int] = []
    values = [value]
    while values and set(map(type, values)) == {list}:
        sizes = set(map(len, values))
        if len(sizes) > 1 or len(shape) == MAX_RANK:
            return None
        shape.extend(sizes)
        values = list(itertools.chain.from_iterable(values))
    array = _to_flat_array(values, dtype)
    return None if array is None else array.reshape(shape)


def is_base64(value: Any) -> bool:
    """Tells whether a JSON value is an object that stands for bytes: {"b64": "..."}."""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def check_value(value: Any, dtype: int) -> None:
    """Raises for a single value that does not fit a dtype.

    Args:
        value: A value of a parsed document; no list.
        dtype: The DataType wanted.

    Raises:
        ServingError: INVALID_ARGUMENT, or UNIMPLEMENTED for a dtype that JSON cannot carry, in
            TensorFlow Serving's words.
    """
    name = types_pb2.DataType.Name(dtype).removeprefix("DT_").lower()
    if isinstance(value, dict) and dtype == types_pb2.DT_STRING:
        _bytes(value)
        return
    if not isinstance(value, dict):
        if dtype not in _KNOWN:
            raise ServingError(
                StatusCode.UNIMPLEMENTED,
                f"Conversion of JSON Value: {quote(value)} to type: {name}",
            )
        if _to_flat_array([value], dtype) is not None:
            return
    raise _invalid(
        f"JSON Value: {quote(value)} Type: {type_name(value)} is not of expected type: {name}"
    )


def _to_flat_array(values: list[Any], dtype: int) -> np.ndarray | None:
    kinds = set(map(type, values))
    if not values:
        return np.empty(0, tf.as_dtype(dtype).as_numpy_dtype)
    if dtype in _FLOATS and kinds <= {int, float}:
        with np.errstate(over="ignore"):
            return np.array(values, np.float64).astype(_FLOATS[dtype])
    if dtype in _INTEGERS and kinds == {int}:
        rule = _INTEGERS[dtype]
        if rule.smallest <= min(values) and max(values) <= rule.largest:
            wide = np.uint64 if rule.smallest == 0 else np.int64
            return np.array(values, wide).astype(rule.dtype)
    if dtype == types_pb2.DT_BOOL and kinds == {bool}:
        return np.array(values, bool)
    if dtype == types_pb2.DT_STRING and kinds <= {str, dict}:
        try:
            return np.array([_bytes(value) for value in values], object)
        except ServingError:
            return None
    return None


def _bytes(value: str | dict[str, Any]) -> bytes:
    if isinstance(value, str):
        return encode(value)
    if not is_base64(value):
        raise _invalid(f"JSON Value: {quote(value)} not formatted correctly for base64 data")
    try:
        return rest_base64.decode(value["b64"])
    except ValueError:
        raise _invalid("Unable to base64 decode") from None


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
