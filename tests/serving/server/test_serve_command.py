"""What ``studio-mask serve`` says when it cannot start, and what it passes over."""

import importlib.metadata
from dataclasses import dataclass

import pytest
import tensorflow as tf

from serving.command_line import main
from serving.errors import ServingError, StatusCode
from serving.server import serve_command
from serving.version_status import VersionState, VersionStatus


class _Server:
    """Stands in for an EmbeddedServer that is interrupted as soon as it serves."""

    made = None

    def __init__(self, options, on_change):
        type(self).made = self
        self.options, self.on_change = options, on_change
        self.target, self.rest_port = f"{options.host}:{options.port}", options.rest_api_port
        self.calls = []

    def start(self):
        self.calls.append("start")
        self.on_change("cars", VersionStatus(4, VersionState.LOADING))
        self.on_change("cars", VersionStatus(4, VersionState.AVAILABLE))

    def stop(self):
        self.calls.append("stop")


@dataclass
class _Result:
    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def serve(monkeypatch, capsys):
    """Runs the command without a server, and without a hold on this process's signals."""

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(serve_command, "silence_libraries", lambda: None)
    monkeypatch.setattr(serve_command.signal, "signal", lambda *_: None)
    monkeypatch.setattr(serve_command.threading.Event, "wait", interrupt)
    monkeypatch.setattr("serving.server.embedded_server.EmbeddedServer", _Server)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["serve", "--embedded", *map(str, arguments)])
        screen = capsys.readouterr()
        return _Result(ended.value.code, screen.out, screen.err)

    return run


def test_lines_of_a_server_that_is_interrupted(serve, tmp_path):
    result = serve(f"--model_base_path={tmp_path}", "--rest_api_port=8501", "--host=127.0.0.1")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"Waiting for a version in {tmp_path}",
        "cars version 4 AVAILABLE",
        "Serving on 127.0.0.1:8500 (gRPC), 127.0.0.1:8501 (REST) (Ctrl-C stops)",
        "Stopped",
    ]
    assert result.stderr == ""
    assert _Server.made.calls == ["start", "stop"]


def test_a_server_that_has_its_model_does_not_wait(serve, tmp_path):
    (tmp_path / "7").mkdir()
    result = serve(f"--model_base_path={tmp_path}", "--grpc_socket_path=/s")
    assert "Waiting" not in result.stdout
    assert "Serving on [::]:8500 (gRPC), unix:/s (gRPC) (Ctrl-C stops)" in result.stdout


@pytest.mark.parametrize(
    ("flags", "error"),
    [
        (
            [],
            "INVALID_ARGUMENT: Both server_options.model_base_path and "
            "server_options.model_config_file are empty!",
        ),
        (
            ["--model_base_path=/m", "--batching_parameters_file=/x"],
            "INVALID_ARGUMENT: server_options.batching_parameters_file is set without setting "
            "server_options.enable_batching to true.",
        ),
        (
            ["--model_base_path=/m", "--ssl_config_file=/nowhere/x"],
            "NOT_FOUND: /nowhere/x; No such file or directory",
        ),
    ],
)
def test_flags_that_cannot_be(serve, flags, error):
    result = serve(*flags)
    assert result.exit_code == 255
    assert result.stdout == ""
    assert result.stderr == f"Failed to start server. Error: {error}\n"


def test_allowed_sizes_that_do_not_end_with_the_largest_batch(serve, tmp_path):
    file = tmp_path / "batching.pbtxt"
    file.write_text("max_batch_size { value: 8 } allowed_batch_sizes: [2, 4]")
    result = serve("--model_base_path=/m", "--enable_batching", "--batching_parameters_file", file)
    assert result.exit_code == 255
    assert result.stderr == (
        "Failed to start server. Error: INVALID_ARGUMENT: Last entry in allowed_batch_sizes must "
        f"match max_batch_size; last entry was 4; expected 8 (in {file})\n"
    )


def test_what_is_passed_over_is_named_and_the_server_starts(serve, tmp_path):
    result = serve(
        f"--model_base_path={tmp_path}",
        "--nosuch=1",
        "--xla_cpu_compilation_enabled",
        "--num_tflite_pools=2",
        "stray",
        "--monitoring_config_file=/nowhere",
        "--port=9",
    )
    assert result.exit_code == 0
    assert result.stderr.splitlines() == [
        "unknown argument: --nosuch=1",
        "unknown argument: stray",
        "The embedded server ignores --num_tflite_pools, --xla_cpu_compilation_enabled",
        "No metrics: --monitoring_config_file needs a --rest_api_port",
    ]
    assert _Server.made.options.port == 9


def test_every_version_that_fails_is_told_in_one_line(capsys):
    error = ServingError(StatusCode.DATA_LOSS, "two\n  lines")
    serve_command._show("cars", VersionStatus(3, VersionState.END, error))
    serve_command._show("cars", VersionStatus(2, VersionState.END))
    assert capsys.readouterr() == ("", "cars version 3 cannot be loaded: DATA_LOSS: two lines\n")


def test_version(serve):
    result = serve("--version")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"studio-mask (embedded server): {importlib.metadata.version('studio-mask')}",
        f"TensorFlow Library: {tf.__version__}",
    ]
