"""The messages of TensorFlow Serving that a client sends and reads, without TensorFlow.

``tensorflow-serving-api`` has them all, and depends on TensorFlow. What travels in a message are
field numbers, not names of packages, so messages of our own with the same numbers are the same
bytes. Only the fields that a client of masks needs are here; a reader skips the others.

The numbers are those of tensorflow_serving/apis/{model,predict,get_model_status}.proto,
tensorflow_serving/util/status.proto and tensorflow/core/framework/tensor{,_shape}.proto.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, message_factory

_PACKAGE = "studio_mask.wire"
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
}
# A field is its name, number and type: "*" means repeated, "|" one of the message's only oneof.
# An enum travels as an int32, and a map as a repeated entry of key and value.
_MESSAGES: dict[str, list[tuple[str, int, str]]] = {
    "Int64Value": [("value", 1, "int64")],
    "ModelSpec": [
        ("name", 1, "string"),
        ("version", 2, "|Int64Value"),
        ("version_label", 4, "|string"),
        ("signature_name", 3, "string"),
    ],
    "TensorDim": [("size", 1, "int64"), ("name", 2, "string")],
    "TensorShape": [("dim", 2, "*TensorDim"), ("unknown_rank", 3, "bool")],
    "Tensor": [
        ("dtype", 1, "int32"),
        ("tensor_shape", 2, "TensorShape"),
        ("tensor_content", 4, "bytes"),
        ("string_val", 8, "*bytes"),
    ],
    "TensorEntry": [("key", 1, "string"), ("value", 2, "Tensor")],
    "PredictRequest": [
        ("model_spec", 1, "ModelSpec"),
        ("inputs", 2, "*TensorEntry"),
        ("output_filter", 3, "*string"),
    ],
    "PredictResponse": [("model_spec", 2, "ModelSpec"), ("outputs", 1, "*TensorEntry")],
    "GetModelStatusRequest": [("model_spec", 1, "ModelSpec")],
    "Status": [("error_code", 1, "int32"), ("error_message", 2, "string")],
    "ModelVersionStatus": [("version", 1, "int64"), ("state", 2, "int32"), ("status", 3, "Status")],
    "GetModelStatusResponse": [("model_version_status", 1, "*ModelVersionStatus")],
}


def _describe(message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str) -> None:
    """Adds a field to a message."""
    field = message.field.add(name=name, number=number, label=_Field.LABEL_OPTIONAL)
    if kind.startswith("*"):
        field.label = _Field.LABEL_REPEATED
    if kind.startswith("|"):
        if not message.oneof_decl:
            message.oneof_decl.add(name="choice")
        field.oneof_index = 0
    kind = kind.lstrip("*|")
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{kind}"


def _message_types() -> dict[str, Any]:
    """Makes the messages, apart from the default pool, which may hold TensorFlow's."""
    file = descriptor_pb2.FileDescriptorProto(
        name="studio_mask/wire.proto", package=_PACKAGE, syntax="proto3"
    )
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for field in fields:
            _describe(message, *field)
    return {
        name.removeprefix(f"{_PACKAGE}."): kind
        for name, kind in message_factory.GetMessages([file]).items()
    }


_TYPES = _message_types()

ModelSpec = _TYPES["ModelSpec"]
Tensor = _TYPES["Tensor"]
PredictRequest = _TYPES["PredictRequest"]
PredictResponse = _TYPES["PredictResponse"]
GetModelStatusRequest = _TYPES["GetModelStatusRequest"]
GetModelStatusResponse = _TYPES["GetModelStatusResponse"]

PREDICT = "/tensorflow.serving.PredictionService/Predict"
GET_MODEL_STATUS = "/tensorflow.serving.ModelService/GetModelStatus"

_DT_STRING = 7


def write_strings(strings: Sequence[bytes], tensor: Any) -> None:
    """Fills an empty Tensor with strings, as a tensor of shape [N]."""
    tensor.dtype = _DT_STRING
    tensor.tensor_shape.dim.add(size=len(strings))
    tensor.string_val.extend(strings)


def read_strings(tensor: Any) -> list[bytes]:
    """Returns the strings of a Tensor, in the order they lie in memory.

    A server started with ``--enable_serialization_as_tensor_content`` packs them into one field:
    the lengths of all of them as varints, then their bytes (EncodeStringList in TensorFlow's
    tensor_coding.cc).

    Raises:
        ValueError: It holds other values than strings, or fewer bytes than it says.
    """
    if tensor.dtype != _DT_STRING:
        raise ValueError(f"a tensor of data type {tensor.dtype}, not of strings")
    if not tensor.tensor_content:
        return list(tensor.string_val)
    content, place, lengths = tensor.tensor_content, 0, []
    for _ in range(math.prod(dim.size for dim in tensor.tensor_shape.dim)):
        length, place = _varint(content, place)
        lengths.append(length)
    ends = list(itertools.accumulate(lengths, initial=place))
    if ends[-1] != len(content):
        raise ValueError(f"strings of {ends[-1]} bytes in a field of {len(content)}")
    return [content[start:end] for start, end in itertools.pairwise(ends)]


def _varint(content: bytes, place: int) -> tuple[int, int]:
    """Reads a varint; returns it, and where the next one starts."""
    number = 0
    for shift in range(0, 35, 7):
        if place >= len(content):
            break
        byte, place = content[place], place + 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
    raise ValueError("a length that is no varint")
