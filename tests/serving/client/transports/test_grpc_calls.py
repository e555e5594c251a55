"""What is said in gRPC's terms alone."""

import json

import pytest

from serving.client.server_address import ServerAddress
from serving.client.tls import Tls
from serving.client.transports import grpc_calls, wire
from serving.errors import ServingError


def _options(target="127.0.0.1:1", *, retries=3, tls=None):
    options = grpc_calls.channel_options(ServerAddress.resolve(target, tls=tls), retries)
    assert len(dict(options)) == len(options)
    return dict(options)


def test_this_machine_is_reached_without_a_proxy():
    assert _options()["grpc.enable_http_proxy"] == 0
    assert _options("masks.studio:1")["grpc.enable_http_proxy"] == 1


def test_only_unavailable_is_retried():
    [method] = json.loads(_options()["grpc.service_config"])["methodConfig"]
    assert method["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]
    assert method["retryPolicy"]["maxAttempts"] == 4
    # A policy of one attempt would be refused.
    assert "grpc.service_config" not in _options(retries=0)


def test_the_name_in_the_certificate():
    assert _options(tls=Tls(server_name="studio"))["grpc.ssl_target_name_override"] == "studio"
    assert "grpc.ssl_target_name_override" not in _options(tls=Tls())


@pytest.mark.parametrize("field", ["state", "error_code"])
def test_a_status_that_does_not_exist(field):
    response = wire.GetModelStatusResponse()
    row = response.model_version_status.add(version=1, state=30)
    setattr(row if field == "state" else row.status, field, 77)
    with pytest.raises(ServingError, match="INTERNAL: unknown status of a version: 77"):
        grpc_calls.version_statuses(response)
