"""The two messages of grpc.health.v1, made at import.

The package that has them, grpcio-health-checking, pins a protobuf that the rest of this project
does not use. On the wire only field numbers and types count, so they may live under a name of their
own: https://github.com/grpc/grpc/blob/master/doc/health-checking.md
"""

import enum
from typing import Any

from google.protobuf import descriptor_pb2, message_factory

_PACKAGE = "studio_mask.health"
_Field = descriptor_pb2.FieldDescriptorProto


class ServingStatus(enum.IntEnum):
    """What a health check answers; names and numbers are those of grpc.health.v1."""

    UNKNOWN = 0
    SERVING = 1
    NOT_SERVING = 2
    SERVICE_UNKNOWN = 3


def _message_types() -> tuple[type[Any], type[Any]]:
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto3"
    )
    file.message_type.add(name="HealthCheckRequest").field.add(
        name="service", number=1, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL
    )
    response = file.message_type.add(name="HealthCheckResponse")
    serving_status = response.enum_type.add(name="ServingStatus")
    for status in ServingStatus:
        serving_status.value.add(name=status.name, number=status)
    response.field.add(
        name="status",
        number=1,
        type=_Field.TYPE_ENUM,
        type_name=f".{_PACKAGE}.HealthCheckResponse.ServingStatus",
        label=_Field.LABEL_OPTIONAL,
    )
    types = message_factory.GetMessages([file])
    return types[f"{_PACKAGE}.HealthCheckRequest"], types[f"{_PACKAGE}.HealthCheckResponse"]


HealthCheckRequest, HealthCheckResponse = _message_types()
