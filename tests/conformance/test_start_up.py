"""How a server starts: what it waits for, what it goes on without, and what it ends at."""

import time

import grpc
import numpy as np
import pytest

from serving.server.services.rpc_services import PREDICTION_SERVICE
from tests.conformance.models import BROKEN

FAILED = "Failed to start server. Error: "


@pytest.fixture(scope="module")
def late_base_path(tmp_path_factory):
    """A base path that does not exist yet."""
    return tmp_path_factory.mktemp("late") / "model"


@pytest.fixture(scope="module")
def servers(launch, exported, late_base_path):
    """Servers of all kinds, started together because starting takes long."""
    model = f"--model_base_path={exported / 'batched' / 'probe'}"
    parameters = exported / "batching_parameters.txt"
    unequal = exported / "unequal_batching_parameters.txt"
    return {
        "broken": launch(
            f"--model_config_file={exported / 'broken_config.txt'}", "--max_num_load_retries=0"
        ),
        "labels": launch(f"--model_config_file={exported / 'labels_config.txt'}"),
        "unequal": launch(model, "--enable_batching", f"--batching_parameters_file={unequal}"),
        "not batching": launch(model, f"--batching_parameters_file={parameters}"),
        "one port": launch(model, rest_port_is_grpc_port=True),
        "late": launch(
            f"--model_base_path={late_base_path}",
            "--nosuch_flag=1",
            "--rest_api_timeout_in_ms=500",
            "--rest_api_enable_cors_support",
            "--enable_serialization_as_tensor_content",
        ),
    }


@pytest.fixture(scope="module")
def late(servers, late_base_path, push):
    """A server whose model came after it had started; it opened no port before."""
    server = servers["late"]
    # That one has the same to do, and its model is there.
    servers["one port"].wait_until_it_listens()
    time.sleep(1.5)
    opened = [port for port in (server.port, server.rest_port) if server.listens(port)]
    push("probe", late_base_path / "1")
    server.wait_until_it_listens()
    assert not opened, "a port was open before there was a model"
    return server


@pytest.fixture(scope="module")
def late_rest(late, open_rest):
    return open_rest(f"127.0.0.1:{late.rest_port}")


@pytest.fixture(scope="module")
def late_channel(late, open_channel):
    return open_channel(f"127.0.0.1:{late.port}")


def test_models_that_cannot_be_loaded(servers):
    server = servers["broken"]
    assert server.wait_for_exit() == 255
    text = " ".join(server.output.split())
    assert f"{FAILED}UNKNOWN: {len(BROKEN)} servable(s) did not become available: {{" in text
    for name in BROKEN:
        assert f"{{name: {name} version: 1}} due to error: " in text


def test_labels_of_versions_that_are_not_there_yet(servers):
    assert servers["labels"].wait_for_exit() == 255
    assert FAILED in servers["labels"].output


def test_allowed_batch_sizes_that_end_below_the_largest(servers):
    assert servers["unequal"].wait_for_exit() == 255
    assert (
        "Last entry in allowed_batch_sizes must match max_batch_size; last entry was 4; expected 8"
        in servers["unequal"].output
    )


def test_batching_parameters_without_batching(servers):
    assert servers["not batching"].wait_for_exit() == 255
    assert "enable_batching" in servers["not batching"].output


def test_one_port_for_both_interfaces(servers, open_channel, predict_request):
    server = servers["one port"]
    server.wait_until_it_listens()
    stub = PREDICTION_SERVICE.stub(open_channel(f"127.0.0.1:{server.port}"))
    reply = stub.Predict(predict_request("default", {"x": np.float32([4])}), timeout=30)
    assert list(reply.outputs["y"].float_val) == [4.0]
    assert "REST" in server.output


def test_a_missing_base_path_is_waited_for(late_channel, predict_request):
    stub = PREDICTION_SERVICE.stub(late_channel)
    reply = stub.Predict(predict_request("default", {"x": np.float32([4])}), timeout=30)
    assert reply.model_spec.name == "default"


def test_an_unknown_flag_is_named_and_passed_over(late):
    assert "unknown argument: --nosuch_flag=1" in late.output
    assert late.runs()


def test_outputs_as_tensor_content(late_channel, predict_request):
    stub = PREDICTION_SERVICE.stub(late_channel)
    reply = stub.Predict(predict_request("default", {"x": np.float32([4, 5])}), timeout=30)
    assert reply.outputs["y"].tensor_content == np.float32([4, 5]).tobytes()
    assert not reply.outputs["y"].float_val


def test_rest_requests_time_out(late_rest):
    body = {"signature_name": "spin", "instances": [2_000_000_000]}
    begin = time.monotonic()
    reply = late_rest.post("/v1/models/default:predict", json=body)
    assert reply.status_code == 504
    assert reply.json()["error"]
    assert 0.4 < time.monotonic() - begin < 5


def test_cross_origin_requests(late_rest):
    path = "/v1/models/default:predict"
    reply = late_rest.options(path, headers={"origin": "http://a.example"})
    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert late_rest.options(path).status_code == 400


def test_no_metrics_unless_they_are_asked_for(late_rest):
    assert late_rest.get("/monitoring/prometheus/metrics").status_code == 404


def test_no_health_service_unless_it_is_asked_for(late_channel, refusal):
    check = late_channel.unary_unary("/grpc.health.v1.Health/Check")
    assert refusal(check, b"", timeout=30)[0] == grpc.StatusCode.UNIMPLEMENTED.name
