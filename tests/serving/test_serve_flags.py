"""How ``studio-mask serve`` reads a command line that was written for tensorflow_model_server."""

import dataclasses
import subprocess
import sys

import pytest
from click.testing import CliRunner

from serving.serve_flags import serve
from serving.server.server_flags import ServerFlags


@pytest.fixture
def parse(monkeypatch):
    """Reads a command line; returns the flags, those given, and the arguments that are none."""

    def run(flags, *, given, unknown):
        asked.append((flags, given, unknown))
        return 0

    asked = []
    monkeypatch.setattr("serving.server.serve_command.run", run)

    def read(line):
        result = CliRunner().invoke(serve, line.split())
        assert result.exit_code == 0, result.output
        return asked.pop()

    return read


@pytest.mark.parametrize(
    "line",
    [
        "--port=9 --model_base_path=/m --enable_batching=true --per_process_gpu_memory_fraction=.5",
        "--port 9 --model_base_path /m --enable_batching --per_process_gpu_memory_fraction 0.5",
        "--enable_batching true --port 9 --per_process_gpu_memory_fraction .5 --model_base_path=/m",
        "--port=1 --port=9 --model_base_path /m --per_process_gpu_memory_fraction=.5 "
        "--enable_batching=false --enable_batching",
    ],
)
def test_both_ways_to_write_a_value(parse, line):
    flags, given, unknown = parse(line)
    assert flags == ServerFlags(
        port=9, model_base_path="/m", enable_batching=True, per_process_gpu_memory_fraction=0.5
    )
    assert given == {
        "port",
        "model_base_path",
        "enable_batching",
        "per_process_gpu_memory_fraction",
    }
    assert unknown == []


@pytest.mark.parametrize("way", ["--enable_model_warmup=false", "--enable_model_warmup false"])
def test_a_boolean_that_is_on_can_be_turned_off(parse, way):
    flags, given, _ = parse(f"{way} --enable_batching")
    assert not flags.enable_model_warmup
    assert flags.enable_batching
    assert given == {"enable_model_warmup", "enable_batching"}


def test_a_value_below_nothing(parse):
    for line in ("--file_system_poll_wait_seconds -1", "--file_system_poll_wait_seconds=-1"):
        assert parse(line)[0].file_system_poll_wait_seconds == -1


def test_nothing_given(parse):
    assert parse("") == (ServerFlags(), set(), [])


def test_what_is_unknown_is_kept_apart(parse):
    flags, given, unknown = parse("--nosuch=1 --port=9 -port=8 stray --enable_batching more")
    assert (flags.port, flags.enable_batching) == (9, True)
    assert given == {"port", "enable_batching"}
    assert unknown == ["--nosuch=1", "-port=8", "stray", "more"]


@pytest.mark.parametrize(
    "line",
    [
        "--port=x",
        "--port=70000",
        "--port",
        "--enable_batching=maybe",
        "--grpc_max_threads=0",
        "--max_num_load_retries=-1",
        "--per_process_gpu_memory_fraction=2",
    ],
)
def test_a_value_that_cannot_be_is_named(line):
    result = CliRunner().invoke(serve, line.split())
    assert result.exit_code == 2
    assert line.split("=")[0] in result.output


# As they stand in TensorFlow Serving 2.20: main.cc has the names, server.h the defaults.
THEIRS = {
    "port": 8500,
    "grpc_socket_path": "",
    "rest_api_port": 0,
    "rest_api_timeout_in_ms": 30000,
    "rest_api_enable_cors_support": False,
    "enable_batching": False,
    "allow_version_labels_for_unavailable_models": False,
    "batching_parameters_file": "",
    "enable_per_model_batching_parameters": False,
    "model_config_file": "",
    "model_config_file_poll_wait_seconds": 0,
    "model_name": "default",
    "model_base_path": "",
    "num_load_threads": 0,
    "num_unload_threads": 0,
    "max_num_load_retries": 5,
    "load_retry_interval_micros": 60_000_000,
    "file_system_poll_wait_seconds": 1,
    "flush_filesystem_caches": True,
    "tensorflow_session_parallelism": 0,
    "tensorflow_session_config_file": "",
    "tensorflow_intra_op_parallelism": 0,
    "tensorflow_inter_op_parallelism": 0,
    "use_alts_credentials": False,
    "ssl_config_file": "",
    "platform_config_file": "",
    "per_process_gpu_memory_fraction": 0.0,
    "saved_model_tags": "serve",
    "grpc_channel_arguments": "",
    "enable_model_warmup": True,
    "num_request_iterations_for_warmup": 0,
    "version": False,
    "monitoring_config_file": "",
    "remove_unused_fields_from_bundle_metagraph": True,
    "prefer_tflite_model": False,
    "enable_signature_method_name_check": False,
    "xla_cpu_compilation_enabled": False,
    "xla_gpu_compilation_enabled": False,
    "enable_profiler": True,
    "thread_pool_factory_config_file": "",
    "mixed_precision": "",
    "skip_initialize_tpu": False,
    "enable_grpc_healthcheck_service": False,
    "enable_serialization_as_tensor_content": False,
}
# Their defaults are made from the number of CPUs.
AUTOMATIC = {
    "rest_api_num_threads",
    "grpc_max_threads",
    "num_tflite_pools",
    "num_tflite_interpreters_per_pool",
}
OURS = {"host": "[::]", "embedded": False, "require_signature": ""}


def test_every_flag_of_tensorflow_serving_with_its_default():
    defaults = {field.name: field.default for field in dataclasses.fields(ServerFlags)}
    assert defaults == {**THEIRS, **OURS, **dict.fromkeys(AUTOMATIC)}


def test_every_flag_is_in_the_help():
    text = CliRunner().invoke(serve, ["--help"], terminal_width=200).output
    words = {word.strip(",.;") for word in text.split()}
    assert {f"--{name}" for name in (*THEIRS, *OURS, *AUTOMATIC)} <= words


def test_help_does_not_wait_for_heavy_modules():
    program = (
        "import sys; from serving.serve_flags import serve\n"
        "try: serve(['--help'])\n"
        "finally:\n"
        "  if {'tensorflow', 'grpc', 'numpy', 'google.protobuf'} & set(sys.modules): sys.exit(99)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert done.returncode == 0
