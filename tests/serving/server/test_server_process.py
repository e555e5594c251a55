import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2

from serving.errors import ServingError, StatusCode
from serving.server import server_process
from serving.server.servable import Servable
from serving.server.server_process import ServerProcess

MIB = 2**20


@pytest.fixture
def stand_in(tmp_path):
    """Prepares a server whose binary is a shell script."""

    def stand_in(script, **settings):
        binary = tmp_path / "tensorflow_model_server"
        binary.write_text(f"#!/bin/sh\n{script}\n")
        binary.chmod(0o755)
        return ServerProcess(
            tmp_path / "mask", "mask", log=tmp_path / "log", binary=str(binary), **settings
        )

    return stand_in


@pytest.fixture
def failure(stand_in):
    """Returns with what the start of such a server fails."""

    def failure(script, **settings):
        with pytest.raises(ServingError) as failed, stand_in(script, **settings):
            pass
        return failed.value.code, failed.value.message

    return failure


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_embedded_server_answers_as_the_model_does(tmp_path, mask_model, photograph):
    shutil.copytree(mask_model, tmp_path / "mask" / "1")
    image = photograph()
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "mask"
    request.inputs["image_bytes"].CopyFrom(tf.make_tensor_proto([image], tf.string))
    log = tmp_path / "log"
    with ServerProcess(tmp_path / "mask", "mask", log=log) as server:
        before = server.peak_memory()
        reply = server.prediction.Predict(request, timeout=30)
        pid = server._process.pid
        resident = 4096 * int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        # It has TensorFlow in it.
        assert server.peak_memory() >= max(before, resident, 100 * MIB)
        assert server.how_it_ended(0) is None
        assert 0.5 < server.start_seconds < 120
        assert server.name == "embedded"
    assert not is_running(pid)
    assert "AVAILABLE" in log.read_text()
    with Servable.load(mask_model) as servable:
        expected = servable.predict({"image_bytes": np.array([image], dtype=object)})
    assert reply.outputs["mask_png_bytes"].string_val[0] == expected["mask_png_bytes"][0]


@pytest.mark.parametrize("status", [None, "Name:\tinit\n"])
def test_a_proc_without_the_running_server_is_named(stand_in, tmp_path, monkeypatch, status):
    monkeypatch.setattr(ServerProcess, "_wait_until_available", lambda *_: None)
    with stand_in("exec sleep 600") as server:
        pid = server._process.pid
        if status is not None:
            (tmp_path / "proc" / str(pid)).mkdir(parents=True)
            (tmp_path / "proc" / str(pid) / "status").write_text(status)
        monkeypatch.setattr(server_process, "_PROC", tmp_path / "proc")
        with pytest.raises(ServingError, match=f"/proc/{pid}/status does not tell") as failed:
            server.peak_memory()
    assert failed.value.code is StatusCode.FAILED_PRECONDITION


def test_the_flags_are_those_of_tensorflow_serving(failure, tmp_path):
    code, text = failure('echo "$@"; exit 3')
    assert code is StatusCode.UNAVAILABLE
    flags = dict(flag.split("=") for flag in text.partition("exited with 3: ")[2].split())
    assert 1024 < int(flags.pop("--port")) < 65536
    assert flags == {
        "--model_name": "mask",
        "--model_base_path": str(tmp_path / "mask"),
        "--file_system_poll_wait_seconds": "0",
        "--max_num_load_retries": "0",
    }


def test_a_server_that_cannot_start_is_quoted(failure):
    script = """
    echo 'I tensorflow: Loading'
    echo 'Failed to start server. Error: UNKNOWN: 1 servable(s) did not become available' >&2
    echo 'W tensorflow: more chatter'
    exit 255"""
    assert failure(script) == (
        StatusCode.UNAVAILABLE,
        "the server exited with 255: UNKNOWN: 1 servable(s) did not become available",
    )


def test_a_server_that_was_killed_is_quoted_too(failure):
    assert failure("echo 'F core: Check failed'; echo; kill -ABRT $$") == (
        StatusCode.UNAVAILABLE,
        "the server was killed by SIGABRT: F core: Check failed",
    )


def test_the_reason_is_quoted_and_no_stack_trace(failure):
    script = """
    echo 'F0000 00:00:1795475855.046105   22655 kernels.cc:7] Check failed'
    echo '*** Check failure stack trace: ***'
    echo '    @     0x7fa66c51d314  absl::LogMessage::Flush()'
    echo '    @     0x7fa66d9c28bb  (unknown)'
    kill -ABRT $$"""
    assert failure(script)[1] == (
        "the server was killed by SIGABRT: "
        "F0000 00:00:1795475855.046105   22655 kernels.cc:7] Check failed"
    )


def test_a_server_that_ends_without_a_word(failure):
    assert failure("exit 0")[1] == "the server exited with 0"


def test_a_text_that_never_ends_is_cut(failure):
    text = failure("head -c 9000 /dev/zero | tr '\\0' x; exit 1")[1]
    assert text.endswith("xxx")
    assert len(text) < 700


def test_a_binary_that_does_not_exist(tmp_path):
    server = ServerProcess(tmp_path, "mask", log=tmp_path / "log", binary=str(tmp_path / "none"))
    with pytest.raises(ServingError, match="No such file or directory"), server:
        pass


def test_a_server_that_never_serves(failure, tmp_path):
    code, text = failure(
        f"echo $$ > {tmp_path}/pid; echo waiting; exec sleep 60", start_timeout_s=0.5
    )
    assert code is StatusCode.DEADLINE_EXCEEDED
    assert text == "the server does not serve after 0.5 s: waiting"
    assert not is_running((tmp_path / "pid").read_text().strip())


def test_a_server_that_does_not_want_to_end_is_killed(failure, tmp_path, monkeypatch):
    monkeypatch.setattr(server_process, "_GRACE_S", 0.2)
    script = f"trap '' TERM; echo $$ > {tmp_path}/pid; while :; do sleep 0.05; done"
    failure(script, start_timeout_s=0.5)
    assert not is_running((tmp_path / "pid").read_text().strip())


def test_what_a_script_started_ends_with_it(failure, tmp_path, eventually):
    failure(f"sleep 60 & echo $! > {tmp_path}/pid; wait", start_timeout_s=0.5)
    eventually(lambda: not is_running((tmp_path / "pid").read_text().strip()))


def test_another_port_is_taken_if_somebody_was_faster(stand_in, tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1], taken.getsockname()[1], 1])
        monkeypatch.setattr(server_process, "_free_port", lambda: next(ports))
        script = f'echo "$1" >> {tmp_path}/ports; exit 1'
        with pytest.raises(ServingError, match="exited with 1"), stand_in(script):
            pass
    tried = (tmp_path / "ports").read_text().split()
    assert tried == [f"--port={taken_port}" for taken_port in (tried[0][7:], tried[0][7:], 1)]


def test_it_ends_with_the_process_that_started_it(tmp_path, eventually):
    # As a run that is killed: nothing that it could clean up with is called.
    starter = f"""
import pathlib
from serving.server.server_process import ServerProcess
folder = pathlib.Path({str(tmp_path)!r})
with ServerProcess(folder, "mask", log=folder / "log", binary=str(folder / "server")):
    pass
"""
    binary = tmp_path / "server"
    binary.write_text(
        f"#!/bin/sh\necho $$ > {tmp_path}/.pid; mv {tmp_path}/.pid {tmp_path}/pid\nexec sleep 60\n"
    )
    binary.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-c", starter],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually((tmp_path / "pid").exists, timeout_s=60)
    pid = (tmp_path / "pid").read_text().strip()
    assert is_running(pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    eventually(lambda: not is_running(pid))
