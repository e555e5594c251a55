"""Reads the small text files that configure TensorFlow Serving.

They are protocol buffers in text format. The tensorflow-serving-api package has only some of their
message types; the others are made here at import, from a description of their fields, so that no
generated code has to follow the versions of protobuf.
"""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf import descriptor_pb2, message, message_factory, text_format

from serving.errors import ServingError, StatusCode

# A package for each type: older protobuf keeps all that are made so together.
_PACKAGES = (f"studio_mask.serving_config_{number}" for number in itertools.count())
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
}
_MessageT = TypeVar("_MessageT", bound=message.Message)

Fields = Mapping[str, "str | Fields"]


def message_type(name: str, fields: Fields) -> type[Any]:
    """Makes a message type for a text file.

    Only the text format is the same as that of the message it stands for: fields are numbered as
    they come, so never use it for bytes.

    Args:
        name: Of the message, as in TensorFlow Serving's .proto file.
        fields: Each field's name, and its type: ``bool``, ``int64`` or ``string``, the same after
            ``repeated``, or the fields of a message. A wrapped scalar such as
            ``google.protobuf.Int64Value`` is ``{"value": "int64"}``: it tells 0 from absent.

    Returns:
        The type.
    """
    package = next(_PACKAGES)
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}/{name}.proto", package=package, syntax="proto3"
    )
    _describe(file.message_type.add(), name, fields, f".{package}.{name}")
    return message_factory.GetMessages([file])[f"{package}.{name}"]


def read_text_proto(path: str | os.PathLike[str], kind: type[_MessageT]) -> _MessageT:
    """Reads a message in text format.

    Args:
        path: The file.
        kind: The type of the message in it.

    Returns:
        The message.

    Raises:
        ServingError: NOT_FOUND if there is no such file, FAILED_PRECONDITION if it cannot be read,
            INVALID_ARGUMENT, with line and column, if it does not hold such a message.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        return text_format.Parse(text, kind())
    except FileNotFoundError as error:
        raise ServingError(StatusCode.NOT_FOUND, f"{path}; No such file or directory") from error
    except OSError as error:
        raise ServingError(StatusCode.FAILED_PRECONDITION, f"{path}; {error.strerror}") from error
    except (UnicodeDecodeError, text_format.ParseError) as error:
        raise ServingError(
            StatusCode.INVALID_ARGUMENT, f"Invalid protobuf file: '{path}': {error}"
        ) from error


def _describe(
    described: descriptor_pb2.DescriptorProto, name: str, fields: Fields, full_name: str
) -> None:
    described.name = name
    for number, (field_name, kind) in enumerate(fields.items(), start=1):
        field = described.field.add(name=field_name, number=number, label=_Field.LABEL_OPTIONAL)
        if isinstance(kind, str):
            if kind.startswith("repeated "):
                field.label = _Field.LABEL_REPEATED
            field.type = _SCALARS[kind.removeprefix("repeated ")]
        else:
            nested = f"{field_name}_message"
            field.type = _Field.TYPE_MESSAGE
            field.type_name = f"{full_name}.{nested}"
            _describe(described.nested_type.add(), nested, kind, field.type_name)
