"""Arrays on the wire: TensorProto to NumPy and back, the way TensorFlow Serving does it.

``tf.make_tensor_proto`` would put numbers into ``tensor_content``; the server answers in the typed
``*_val`` fields, and clients in other languages read only those.
"""

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2, types_pb2

from serving.errors import ServingError, StatusCode

_VALUE_FIELDS = {
    types_pb2.DT_FLOAT: "float_val",
    types_pb2.DT_DOUBLE: "double_val",
    types_pb2.DT_INT8: "int_val",
    types_pb2.DT_INT16: "int_val",
    types_pb2.DT_INT32: "int_val",
    types_pb2.DT_UINT8: "int_val",
    types_pb2.DT_UINT16: "int_val",
    types_pb2.DT_INT64: "int64_val",
    types_pb2.DT_UINT32: "uint32_val",
    types_pb2.DT_UINT64: "uint64_val",
    types_pb2.DT_BOOL: "bool_val",
    types_pb2.DT_STRING: "string_val",
    types_pb2.DT_HALF: "half_val",
    types_pb2.DT_BFLOAT16: "half_val",
    types_pb2.DT_COMPLEX64: "scomplex_val",
    types_pb2.DT_COMPLEX128: "dcomplex_val",
}


def read_tensor(proto: tensor_pb2.TensorProto, alias: str) -> np.ndarray:
    """Reads one input of a request.

    Args:
        proto: The tensor as it was sent.
        alias: The input's name, for the error text.

    Returns:
        The array; strings as bytes, in an array of dtype object.

    Raises:
        ServingError: INVALID_ARGUMENT, where dtype, shape and contents do not fit together.
    """
    shape = proto.tensor_shape
    try:
        # make_ndarray would take -1 for "as many as there are".
        if shape.unknown_rank or any(each.size < 0 for each in shape.dim):
            raise ValueError("a tensor on the wire needs a full shape")
        return tf.make_ndarray(proto)
    except (TypeError, ValueError, MemoryError) as error:
        raise ServingError(StatusCode.INVALID_ARGUMENT, f"tensor parsing error: {alias}") from error


def write_tensor(array: np.ndarray, proto: tensor_pb2.TensorProto) -> None:
    """Writes one output into a response.

    Args:
        array: The array; strings as bytes, in an array of dtype object.
        proto: The empty message to fill.

    Raises:
        ServingError: UNIMPLEMENTED, for a dtype that has no field of its own, such as float8.
    """
    _write_header(array, proto)
    values = array.ravel()
    if proto.dtype in (types_pb2.DT_HALF, types_pb2.DT_BFLOAT16):
        values = values.view(np.uint16)
    elif array.dtype.kind == "c":
        values = values.view(values.real.dtype)
    getattr(proto, _VALUE_FIELDS[proto.dtype]).extend(values.tolist())


def write_tensor_content(array: np.ndarray, proto: tensor_pb2.TensorProto) -> None:
    """Writes one output as ``--enable_serialization_as_tensor_content`` wants it: bytes in a row.

    Strings are written as TensorFlow's EncodeStringList does: all lengths first, as varints, then
    all bytes. ``tf.make_ndarray`` cannot read those, TensorFlow's C++ can.

    Args:
        array: The array; strings as bytes, in an array of dtype object.
        proto: The empty message to fill.

    Raises:
        ServingError: UNIMPLEMENTED, for a dtype that has no field of its own, such as float8.
    """
    _write_header(array, proto)
    if proto.dtype == types_pb2.DT_STRING:
        strings = array.ravel().tolist()
        lengths = b"".join(_varint(len(string)) for string in strings)
        proto.tensor_content = lengths + b"".join(strings)
    else:
        proto.tensor_content = array.tobytes()


def _write_header(array: np.ndarray, proto: tensor_pb2.TensorProto) -> None:
    proto.dtype = tf.as_dtype(array.dtype).as_datatype_enum
    if proto.dtype not in _VALUE_FIELDS:
        raise ServingError(
            StatusCode.UNIMPLEMENTED, f"An output of dtype {array.dtype} cannot be sent."
        )
    # A scalar has a shape too, without dimensions.
    proto.tensor_shape.SetInParent()
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)


def _varint(number: int) -> bytes:
    """Encodes a length: seven bits a byte, the lowest first, the top bit for "more to come"."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
