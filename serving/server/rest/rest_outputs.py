"""A prediction's arrays as the JSON that TensorFlow Serving answers with.

No JSON library writes it: floats take six digits where these come back as the same float, NaN and
Infinity are written as they are, and so are the bytes of a string that is no UTF-8.
"""

import binascii
import json
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from serving.errors import ServingError, StatusCode
from serving.server.rest.rest_json import encode

_BYTES_SUFFIX = "_bytes"
# Digits that tell every float of the dtype from all others.
_ALL_DIGITS = {np.dtype(np.float32): 9, np.dtype(np.float64): 17}
_INTEGERS = {np.dtype(kind) for kind in ("i1", "i2", "i4", "i8", "u1", "u4", "u8")}


def write_outputs(outputs: Mapping[str, np.ndarray], *, by_row: bool) -> bytes:
    """Writes the body of an answer.

    Args:
        outputs: The prediction; strings as bytes, in arrays of dtype object. A single output is
            written without its name. The strings of an output named ``*_bytes`` become
            {"b64": "..."}.
        by_row: Write "predictions", a value for each example, instead of "outputs", a value for
            each output.

    Returns:
        The JSON, in UTF-8 as far as the strings are.

    Raises:
        ServingError: INVALID_ARGUMENT, for a dtype that is not written (half among them) and, by
            row, for an output that is a scalar or of another batch size than the one before.
    """
    if by_row:
        _check_batch_sizes(outputs)
        rows = zip(*(_items(name, array) for name, array in outputs.items()), strict=True)
        predictions = ", ".join(_joined(tuple(outputs), row) for row in rows)
        return encode(f'{{\n    "predictions": [{predictions}]\n}}')
    values = [_nested(_texts(name, array), array.shape) for name, array in outputs.items()]
    return encode(f'{{\n    "outputs": {_joined(tuple(outputs), values)}\n}}')


def _check_batch_sizes(outputs: Mapping[str, np.ndarray]) -> None:
    batch_size = None
    for name, array in outputs.items():
        if not array.ndim:
            raise _invalid(f"Tensor name: {name} has no shape information ")
        if batch_size not in (None, len(array)):
            raise _invalid(
                f"Tensor name: {name} has inconsistent batch size: {len(array)} "
                f"expecting: {batch_size}"
            )
        batch_size = len(array)


def _joined(names: Sequence[str], values: Sequence[str]) -> str:
    """Returns the values as one object, or bare if there is only one."""
    if len(values) == 1:
        return values[0]
    members = (f"{json.dumps(name)}: {value}" for name, value in zip(names, values, strict=True))
    return "{" + ", ".join(members) + "}"


def _items(name: str, array: np.ndarray) -> list[str]:
    """Returns the JSON of each item along the first dimension."""
    texts = _texts(name, array)
    size = len(texts) // len(array) if len(array) else 0
    return [
        _nested(texts[index * size : (index + 1) * size], array.shape[1:])
        for index in range(len(array))
    ]


def _nested(texts: list[str], shape: Sequence[int]) -> str:
    """Puts brackets around values, and commas between them, to give them a shape."""
    for axis in range(len(shape) - 1, -1, -1):
        size, lists = shape[axis], int(np.prod(shape[:axis]))
        texts = [
            "[" + ", ".join(texts[index * size : (index + 1) * size]) + "]"
            for index in range(lists)
        ]
    return texts[0]


def _texts(name: str, array: np.ndarray) -> list[str]:
    """Returns the JSON of each value, in row-major order."""
    values = array.ravel()
    if not values.size:
        return []
    if array.dtype in _ALL_DIGITS:
        return _float_texts(values)
    if array.dtype in _INTEGERS:
        return list(map(str, values.tolist()))
    if array.dtype == bool:
        return ["true" if value else "false" for value in values.tolist()]
    if array.dtype == object:
        write = _base64_text if name.endswith(_BYTES_SUFFIX) else _string_text
        return list(map(write, values.tolist()))
    kind = tf.as_dtype(array.dtype)
    kind_name = {tf.float16: "half"}.get(kind, kind.name)
    raise _invalid(f"Failed to write JSON value for tensor type: {kind_name}")


def _float_texts(values: np.ndarray) -> list[str]:
    numbers = values.tolist()
    texts = [f"{number:.6g}" for number in numbers]
    with np.errstate(over="ignore"):
        read_back = np.array(list(map(float, texts)), np.float64).astype(values.dtype)
    digits = _ALL_DIGITS[values.dtype]
    for index in np.flatnonzero(read_back != values).tolist():
        texts[index] = f"{numbers[index]:.{digits}g}"
    for index in np.flatnonzero(values == np.rint(values)).tolist():
        if texts[index].lstrip("-").isdigit():
            texts[index] += ".0"
    for index in np.flatnonzero(~np.isfinite(values)).tolist():
        texts[index] = json.dumps(numbers[index])
    return texts


def _base64_text(value: bytes) -> str:
    return '{"b64": "' + binascii.b2a_base64(value, newline=False).decode("ascii") + '"}'


def _string_text(value: bytes) -> str:
    return json.dumps(value.decode("utf-8", "surrogateescape"), ensure_ascii=False)


def _invalid(message: str) -> ServingError:
    return ServingError(StatusCode.INVALID_ARGUMENT, message)
