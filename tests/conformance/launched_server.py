"""A model server that the suite starts itself, by a command line, and looks at from outside."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path


class LaunchedServer:
    """One process of a model server, on two free local ports."""

    def __init__(
        self,
        command: Sequence[str],
        flags: Sequence[str],
        log: Path,
        *,
        rest_port_is_grpc_port: bool = False,
    ) -> None:
        """Starts the process, and does not wait for it.

        Args:
            command: The program, and what always comes before the flags.
            flags: tensorflow_model_server's flags, ports apart.
            log: The file for what the process prints.
            rest_port_is_grpc_port: Give both flags the same port.
        """
        self.port = _free_port()
        self.rest_port = self.port if rest_port_is_grpc_port else _free_port()
        self.started = time.monotonic()
        self._log = log
        # What it logs is part of what is tested; the tests themselves run without chatter.
        environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
        ports = [f"--port={self.port}", f"--rest_api_port={self.rest_port}"]
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, *ports, *flags],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self._log.read_text(errors="replace")

    def listens(self, port: int) -> bool:
        """Tells whether a local port takes connections."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    def wait_until_it_listens(self, timeout_s: float = 180.0) -> None:
        """Waits for both ports.

        Raises:
            AssertionError: The process ended, or a port stayed closed.
        """
        for port in (self.port, self.rest_port):
            while not self.listens(port):
                assert self._process.poll() is None, f"It ended:\n{self.output}"
                assert time.monotonic() < self.started + timeout_s, f"It hangs:\n{self.output}"
                time.sleep(0.05)

    def wait_for_exit(self, timeout_s: float = 180.0) -> int:
        """Waits until the process ends by itself.

        Returns:
            Its exit status.

        Raises:
            AssertionError: It goes on.
        """
        try:
            return self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"It goes on:\n{self.output}") from None

    def runs(self) -> bool:
        """Tells whether the process goes on."""
        return self._process.poll() is None

    def ask_to_stop(self) -> None:
        """Sends the signal at which a server ends."""
        self._process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Ends the process, by force if it does not do so itself."""
        self.ask_to_stop()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
