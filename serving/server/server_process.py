"""A model server in a process of its own, to see how a model does in it.

That is the server which the model will run in: ``tensorflow_model_server``, or the embedded one
where there is none. In a process of its own it can die, hang or take too much memory without
taking anybody with it.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import Final

import grpc

from serving.errors import ServingError, StatusCode
from serving.server.server_flags import TENSORFLOW_MODEL_SERVER

EMBEDDED: Final = "embedded"

_PROC = Path("/proc")
_POLL_S = 0.1
_GRACE_S = 10.0
# How often another free port is looked for: one may be taken between the search and its use.
_TRIES = 3
_CANNOT_START = "Failed to start server. Error: "
# What Abseil writes beneath the reason of a fatal error.
_STACK_TRACE = re.compile(r"\*\*\* Check failure stack trace|(PC: )?@ +0x")
_MOST_TEXT = 600

# The server ends with this process, however that ends: prctl(PR_SET_PDEATHSIG, SIGKILL), which the
# command that replaces this small one keeps.
_END_WITH_PARENT = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"
)

_CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # No proxy stands between this machine and itself, whatever http_proxy says.
    ("grpc.enable_http_proxy", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 200),
)


class ServerProcess:
    """A server of one model's versions, as a context manager that starts and stops it.

    It is killed when the thread that started it ends, however that ends.

    Example:
        with ServerProcess(models / "mask", "mask", log=Path("server.log")) as server:
            response = server.prediction.Predict(request, timeout=10)
            print(server.peak_memory())
    """

    def __init__(
        self,
        model_base_path: Path,
        model_name: str,
        *,
        log: Path,
        binary: str | None = None,
        start_timeout_s: float = 120.0,
    ) -> None:
        """Prepares a server; entering the context starts it.

        Args:
            model_base_path: The directory of version directories; looked at once.
            model_name: The name requests ask for.
            log: File that gets what the server says, on both streams; replaced.
            binary: ``tensorflow_model_server``; None takes the embedded server.
            start_timeout_s: Seconds from its start until it must serve.
        """
        self.name = TENSORFLOW_MODEL_SERVER if binary else EMBEDDED
        self.start_seconds = 0.0
        self._command = [binary] if binary else _embedded_command()
        self._base_path = model_base_path.absolute()
        self._model_name = model_name
        self._log = log
        self._start_timeout_s = start_timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: grpc.Channel | None = None

    def __enter__(self) -> "ServerProcess":
        """Starts the server and waits until it serves; ``start_seconds`` then tells how long.

        Raises:
            ServingError: UNAVAILABLE if it ended instead, with how and its last words;
                DEADLINE_EXCEEDED if it takes too long.
            OSError: If the log cannot be written.
        """
        for _ in range(_TRIES):
            port = _free_port()
            started = time.monotonic()
            self._spawn(port)
            try:
                self._wait_until_available(started + self._start_timeout_s)
            except BaseException as error:
                self._stop()
                if isinstance(error, ServingError) and _is_taken(port):
                    continue
                raise
            self.start_seconds = time.monotonic() - started
            return self
        raise ServingError(StatusCode.UNAVAILABLE, f"No port stayed free in {_TRIES} tries.")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops the server."""
        self._stop()

    @property
    def prediction(self) -> SimpleNamespace:
        """A stub of its PredictionService."""
        from serving.server.services.rpc_services import PREDICTION_SERVICE

        assert self._channel is not None
        return PREDICTION_SERVICE.stub(self._channel)

    def peak_memory(self) -> int:
        """Returns the most resident memory that the process had so far, bytes.

        It is the kernel's own account (VmHWM in /proc/PID/status, see proc(5)), so that no peak
        between two looks is missed.

        Raises:
            ServingError: UNAVAILABLE if the process has ended; FAILED_PRECONDITION if it goes on
                and /proc does not tell, as in a PID namespace whose /proc is the outer one's.
        """
        assert self._process is not None
        status = _PROC / str(self._process.pid) / "status"
        try:
            lines = status.read_text().splitlines()
            [peak] = [line for line in lines if line.startswith("VmHWM:")]
        except (OSError, ValueError) as error:
            # Of a process that ended the line is gone before the file is.
            if ended := self.how_it_ended():
                raise ServingError(StatusCode.UNAVAILABLE, ended) from error
            raise ServingError(
                StatusCode.FAILED_PRECONDITION,
                f"{status} does not tell the memory of the server, which runs; mount /proc of this "
                "PID namespace",
            ) from error
        return 1024 * int(peak.split()[1])

    def how_it_ended(self, timeout_s: float = 1.0) -> str | None:
        """Says how the process ended, and its last words; None if it goes on.

        Args:
            timeout_s: A connection is lost some moments before the process is gone.
        """
        assert self._process is not None
        try:
            code = self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with {code}"
        last = _last_words(self._log)
        return f"the server {how}" + (f": {last}" if last else "")

    def _spawn(self, port: int) -> None:
        flags = {
            "port": port,
            "model_name": self._model_name,
            "model_base_path": self._base_path,
            "file_system_poll_wait_seconds": 0,
            # A version that cannot be loaded ends the server at once, not after five minutes.
            "max_num_load_retries": 0,
        }
        command = [*self._command, *(f"--{name}={value}" for name, value in flags.items())]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-ISc", _END_WITH_PARENT, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A Ctrl-C is for us: we stop it.
                start_new_session=True,
            )
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=_CHANNEL_OPTIONS)

    def _wait_until_available(self, deadline: float) -> None:
        # Imports TensorFlow, which takes seconds: the server starts meanwhile.
        from tensorflow_serving.apis import get_model_status_pb2

        from serving.server.services.rpc_services import MODEL_SERVICE

        assert self._channel is not None
        stub = MODEL_SERVICE.stub(self._channel)
        request = get_model_status_pb2.GetModelStatusRequest()
        request.model_spec.name = self._model_name
        available = get_model_status_pb2.ModelVersionStatus.AVAILABLE
        while time.monotonic() < deadline:
            if ended := self.how_it_ended(_POLL_S):
                raise ServingError(StatusCode.UNAVAILABLE, ended)
            try:
                reply = stub.GetModelStatus(request, timeout=1.0)
            except grpc.RpcError:
                continue  # Its port is not open yet.
            if any(status.state == available for status in reply.model_version_status):
                return
        raise ServingError(
            StatusCode.DEADLINE_EXCEEDED,
            f"the server does not serve after {self._start_timeout_s:g} s: "
            f"{_last_words(self._log) or 'it says nothing'}",
        )

    def _stop(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None and self._process.poll() is None:
            # The whole group: the binary may be a script around another one.
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()


def _embedded_command() -> list[str]:
    return [sys.executable, "-m", "serving", "serve", "--embedded", "--host=127.0.0.1"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _last_words(log: Path) -> str:
    """Returns why a server could not start, or else its last line but for a stack trace."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    for line in reversed(lines):
        _, found, reason = line.partition(_CANNOT_START)
        if found:
            return reason[:_MOST_TEXT]
    said = [line for line in lines if not _STACK_TRACE.match(line)]
    return said[-1][:_MOST_TEXT] if said else ""
