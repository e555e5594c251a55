"""The health check's messages, byte for byte."""

from serving.server.services.health_messages import (
    HealthCheckRequest,
    HealthCheckResponse,
    ServingStatus,
)


def test_the_bytes_are_those_of_grpc_health_v1():
    assert HealthCheckRequest(service="ab").SerializeToString() == b"\x0a\x02ab"
    assert HealthCheckRequest.FromString(b"\x0a\x02ab").service == "ab"
    serving = HealthCheckResponse(status=ServingStatus.SERVING)
    assert serving.SerializeToString() == b"\x08\x01"
    unknown = HealthCheckResponse(status=ServingStatus.SERVICE_UNKNOWN)
    assert unknown.SerializeToString() == b"\x08\x03"


def test_the_type_has_a_name_of_its_own():
    assert HealthCheckRequest.DESCRIPTOR.full_name == "studio_mask.health.HealthCheckRequest"
