"""What each flag becomes, and which flags contradict each other."""

import pytest

from serving.errors import ServingError, StatusCode
from serving.server.batching.batching_parameters import BatchingParameters
from serving.server.flag_options import server_options
from serving.server.server_flags import ServerFlags
from serving.server.server_options import ServerOptions
from serving.server.session_options import SessionOptions
from serving.server.ssl_options import SslOptions


def _options(**flags):
    return server_options(ServerFlags(**{"model_base_path": "/m", **flags}))


def test_defaults_are_those_of_tensorflow_serving():
    assert _options() == ServerOptions(
        model_base_path="/m",
        model_name="default",
        host="[::]",
        port=8500,
        session=SessionOptions(),
    )


def test_flags_that_keep_their_name_and_value():
    given = {
        "model_name": "cars",
        "model_config_file_poll_wait_seconds": 2.0,
        "host": "127.0.0.1",
        "port": 1,
        "grpc_socket_path": "/s",
        "grpc_max_threads": 3,
        "rest_api_port": 4,
        "rest_api_num_threads": 5,
        "rest_api_timeout_in_ms": 6,
        "rest_api_enable_cors_support": True,
        "file_system_poll_wait_seconds": -1.0,
        "allow_version_labels_for_unavailable_models": True,
        "num_load_threads": 7,
        "num_unload_threads": 8,
        "max_num_load_retries": 9,
        "load_retry_interval_micros": 10,
        "enable_model_warmup": False,
        "num_request_iterations_for_warmup": 11,
        "enable_grpc_healthcheck_service": True,
        "enable_serialization_as_tensor_content": True,
    }
    assert _options(**given) == ServerOptions(model_base_path="/m", **given)


def test_a_file_of_models_takes_the_place_of_one():
    options = _options(model_config_file="/c")
    assert (options.model_config_file, options.model_base_path) == ("/c", None)
    assert server_options(ServerFlags(model_config_file="/c")) == options


def test_neither_model_nor_file():
    with pytest.raises(ServingError) as caught:
        server_options(ServerFlags())
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == (
        "Both server_options.model_base_path and server_options.model_config_file are empty!"
    )


def test_grpc_channel_arguments():
    text = "grpc.max_connection_age_ms=2000,grpc.primary_user_agent=a=b,,x=-1"
    assert _options(grpc_channel_arguments=text).grpc_channel_arguments == (
        ("grpc.max_connection_age_ms", 2000),
        ("grpc.primary_user_agent", "a=b"),
        ("x", -1),
    )


@pytest.mark.parametrize("text", ["grpc.x", "=1", "a=1,b"])
def test_a_channel_argument_that_is_none(text):
    with pytest.raises(ServingError, match="--grpc_channel_arguments: '.*' is not of the form"):
        _options(grpc_channel_arguments=text)


def test_batching(tmp_path):
    (tmp_path / "batching.pbtxt").write_text("max_batch_size { value: 3 }")
    file = str(tmp_path / "batching.pbtxt")
    assert _options().batching is None
    assert _options(enable_batching=True).batching == BatchingParameters()
    with_file = _options(enable_batching=True, batching_parameters_file=file)
    assert with_file.batching == BatchingParameters(max_batch_size=3)
    with pytest.raises(ServingError) as caught:
        _options(batching_parameters_file=file)
    assert caught.value.code is StatusCode.INVALID_ARGUMENT
    assert caught.value.message == (
        "server_options.batching_parameters_file is set without setting "
        "server_options.enable_batching to true."
    )


def test_metrics_need_a_rest_port(tmp_path):
    (tmp_path / "monitoring.pbtxt").write_text('prometheus_config { enable: true path: "/m" }')
    file = str(tmp_path / "monitoring.pbtxt")
    assert _options(monitoring_config_file=file, rest_api_port=1).prometheus_path == "/m"
    assert _options(monitoring_config_file=file).prometheus_path is None
    assert _options(rest_api_port=1).prometheus_path is None


def test_ssl(tmp_path):
    (tmp_path / "ssl.pbtxt").write_text('server_key: "K" server_cert: "C"')
    assert _options(ssl_config_file=str(tmp_path / "ssl.pbtxt")).ssl == SslOptions("K", "C")


@pytest.mark.parametrize(
    ("session", "intra", "inter", "threads"),
    [(0, 0, 0, (0, 0)), (3, 0, 0, (3, 3)), (3, 2, 0, (2, 0)), (3, 0, 2, (0, 2)), (0, 1, 2, (1, 2))],
)
def test_threads_of_a_session(session, intra, inter, threads):
    options = _options(
        tensorflow_session_parallelism=session,
        tensorflow_intra_op_parallelism=intra,
        tensorflow_inter_op_parallelism=inter,
    ).session
    assert (options.intra_op_threads, options.inter_op_threads) == threads


def test_threads_that_contradict_each_other():
    with pytest.raises(ServingError, match="You cannot configure all"):
        _options(
            tensorflow_session_parallelism=1,
            tensorflow_intra_op_parallelism=1,
            tensorflow_inter_op_parallelism=1,
        )


def test_the_rest_of_a_session(tmp_path):
    (tmp_path / "session.pbtxt").write_text("allow_soft_placement: true")
    session = _options(
        tensorflow_session_config_file=str(tmp_path / "session.pbtxt"),
        per_process_gpu_memory_fraction=0.5,
        saved_model_tags="serve,gpu",
    ).session
    assert session.config.allow_soft_placement
    assert session.per_process_gpu_memory_fraction == 0.5
    assert session.saved_model_tags == ("serve", "gpu")


@pytest.mark.parametrize(
    "flag",
    [
        "monitoring_config_file",
        "ssl_config_file",
        "tensorflow_session_config_file",
        "batching_parameters_file",
    ],
)
def test_a_file_that_is_missing_is_named(flag):
    with pytest.raises(ServingError, match="^NOT_FOUND: /nowhere/x; No such file") as caught:
        _options(**{flag: "/nowhere/x", "rest_api_port": 1, "enable_batching": True})
    assert caught.value.code is StatusCode.NOT_FOUND


def test_credentials_that_cannot_be_had_are_not_left_out():
    with pytest.raises(ServingError, match="has no ALTS") as caught:
        _options(use_alts_credentials=True)
    assert caught.value.code is StatusCode.UNIMPLEMENTED


def test_a_signature_is_required_if_so_wanted(monkeypatch):
    asked = []
    monkeypatch.setattr(
        "serving.signing.verifier.signature_verifier", lambda path: asked.append(path) or print
    )
    assert _options(require_signature="key.pem").verify is print
    assert [str(path) for path in asked] == ["key.pem"]
    assert _options().verify is None
