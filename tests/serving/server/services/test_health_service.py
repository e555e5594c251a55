"""The standard health check."""

import threading

import grpc
import pytest

from serving.server.services.health_messages import (
    HealthCheckRequest,
    HealthCheckResponse,
    ServingStatus,
)


def _method(channel, name):
    call = channel.unary_unary if name == "Check" else channel.unary_stream
    return call(
        f"/grpc.health.v1.Health/{name}",
        request_serializer=HealthCheckRequest.SerializeToString,
        response_deserializer=HealthCheckResponse.FromString,
    )


@pytest.fixture
def server(serve, affine_models):
    return serve(affine_models[1], enable_grpc_healthcheck_service=True, grpc_max_threads=4)


@pytest.fixture
def channel(server):
    with grpc.insecure_channel(server.target) as channel:
        yield channel


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_a_server_that_answers_serves(channel, service):
    response = _method(channel, "Check")(HealthCheckRequest(service=service), timeout=10)
    assert response.status == ServingStatus.SERVING


def test_an_unknown_service_is_not_found(channel):
    with pytest.raises(grpc.RpcError) as caught:
        _method(channel, "Check")(HealthCheckRequest(service="mask"), timeout=10)
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


def test_a_watcher_is_told_when_the_server_stops(server, channel):
    statuses = []
    watch = _method(channel, "Watch")(HealthCheckRequest(), timeout=30)
    statuses.append(next(watch).status)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    statuses.extend(response.status for response in watch)
    stopping.join(timeout=10)
    assert statuses == [ServingStatus.SERVING, ServingStatus.NOT_SERVING]


def test_an_unknown_service_can_be_watched(channel):
    watch = _method(channel, "Watch")(HealthCheckRequest(service="mask"), timeout=10)
    assert next(watch).status == ServingStatus.SERVICE_UNKNOWN
    watch.cancel()


def test_watchers_leave_threads_for_requests(channel, eventually):
    watches = [_method(channel, "Watch")(HealthCheckRequest(), timeout=30) for _ in range(2)]
    assert [next(watch).status for watch in watches] == [ServingStatus.SERVING] * 2
    with pytest.raises(grpc.RpcError) as caught:
        next(_method(channel, "Watch")(HealthCheckRequest(), timeout=10))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert _method(channel, "Check")(HealthCheckRequest(), timeout=10).status == 1
    watches[0].cancel()

    def can_watch():
        watch = _method(channel, "Watch")(HealthCheckRequest(), timeout=10)
        try:
            return next(watch).status == ServingStatus.SERVING
        except grpc.RpcError:
            return False

    eventually(can_watch)


def test_without_the_flag_there_is_no_such_service(serve, affine_models):
    server = serve(affine_models[1])
    with grpc.insecure_channel(server.target) as channel, pytest.raises(grpc.RpcError) as caught:
        _method(channel, "Check")(HealthCheckRequest(), timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
