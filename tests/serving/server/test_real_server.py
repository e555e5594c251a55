"""Handing over to tensorflow_model_server; here it is a script that prints what it was given."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from serving.command_line import main
from serving.errors import ServingError, StatusCode
from serving.server import real_server
from serving.server.server_flags import ServerFlags


def _command_line(given, unknown=()):
    return real_server.command_line("/bin/tfs", ServerFlags(**given), set(given), unknown)


def test_only_what_was_given_is_passed_on_and_in_the_form_that_it_reads():
    given = {
        "port": 8500,
        "model_name": "my cars",
        "model_base_path": "/m",
        "file_system_poll_wait_seconds": 1.0,
        "per_process_gpu_memory_fraction": 0.25,
        "enable_batching": True,
        "enable_model_warmup": False,
        "num_tflite_pools": 3,
        "embedded": False,
    }
    arguments = _command_line(given, ["--new_flag=1", "stray"])
    assert arguments[0] == "/bin/tfs"
    assert arguments[-2:] == ["--new_flag=1", "stray"]
    assert set(arguments[1:-2]) == {
        "--port=8500",
        "--model_name=my cars",
        "--model_base_path=/m",
        "--file_system_poll_wait_seconds=1",
        "--per_process_gpu_memory_fraction=0.25",
        "--enable_batching=true",
        "--enable_model_warmup=false",
        "--num_tflite_pools=3",
    }


def test_a_base_path_becomes_absolute_as_it_has_to_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert _command_line({"model_base_path": "a/b"})[1] == f"--model_base_path={tmp_path}/a/b"
    remote = _command_line({"model_base_path": "gs://bucket/m"})
    assert remote[1] == "--model_base_path=gs://bucket/m"


@pytest.mark.parametrize("host", ["[::]", "::", "0.0.0.0"])
def test_every_address_is_what_it_listens_on_anyway(host):
    assert _command_line({"host": host}) == ["/bin/tfs"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"host": "127.0.0.1"}, "--host=127.0.0.1"),
        ({"require_signature": "key.pem"}, "--require_signature"),
    ],
)
def test_what_it_cannot_honour_is_refused(given, named):
    with pytest.raises(ServingError, match=f"leave out {named}.* --embedded") as caught:
        _command_line(given)
    assert caught.value.code is StatusCode.UNIMPLEMENTED


@pytest.fixture
def fake_server(tmp_path, monkeypatch):
    """A tensorflow_model_server on the PATH; returns its path."""
    executable = tmp_path / "bin" / "tensorflow_model_server"
    executable.parent.mkdir()
    executable.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n')
    executable.chmod(0o755)
    monkeypatch.setenv("PATH", f"{executable.parent}:/usr/bin:/bin")
    return executable


def _serve(*arguments):
    command = [sys.executable, "-c", "from serving.command_line import main; main()", "serve"]
    return subprocess.run(
        [*command, *arguments], check=False, capture_output=True, text=True, timeout=60
    )


def test_the_process_becomes_the_server(fake_server):
    done = _serve("--model_base_path", "/m", "--enable_batching", "--port", "9", "--nosuch=1")
    assert done.returncode == 7
    assert done.stdout.splitlines() == [
        "--model_base_path=/m",
        "--port=9",
        "--enable_batching=true",
        "--nosuch=1",
    ]
    assert done.stderr == f"Running {fake_server}\n"


def test_what_the_server_cannot_honour_does_not_start_it(fake_server):
    done = _serve("--model_base_path=/m", "--require_signature=key.pem")
    assert done.returncode == 255
    assert done.stdout == ""
    assert done.stderr.startswith("Failed to start server. Error: UNIMPLEMENTED: ")


def test_a_server_that_cannot_be_run(fake_server, monkeypatch):
    fake_server.write_text("neither script nor program")
    result = CliRunner().invoke(main, ["serve", "--model_base_path=/m"])
    assert result.exit_code == 255
    assert "Failed to start server. Error: [Errno 8] Exec format error" in result.output


def test_without_one_on_the_path_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert real_server.find() is None
