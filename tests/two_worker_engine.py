"""Stands in for a cluster: Beam's job server with two workers, and the pool that starts them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent


@dataclass(frozen=True)
class TwoWorkerEngine:
    """An engine that is running.

    Attributes:
        options: For Beam, with which the portable runners reach both.
        log: The pool's.
    """

    options: tuple[str, ...]
    log: Path

    def started_workers(self) -> int:
        """Returns how many workers the pool has started so far."""
        return self.log.read_text().count("Starting worker with command")


@contextlib.contextmanager
def two_worker_engine(folder: Path) -> Iterator[TwoWorkerEngine]:
    """Runs one.

    Args:
        folder: For the servers' logs.
    """
    with socket.socket() as free:
        free.bind(("", 0))
        pool_port = free.getsockname()[1]
    port_file, log = folder / "port", folder / "pool.log"
    pool = ("-m", "apache_beam.runners.worker.worker_pool_main", f"--service_port={pool_port}")
    server = ("-m", "tests.pipeline.two_worker_job_server", f"--port_file={port_file}")
    with _started(log, *pool), _started(folder / "server.log", *server):
        options = (
            f"job_endpoint=localhost:{_port_of(port_file)}",
            "environment_type=EXTERNAL",
            f"environment_config=localhost:{pool_port}",
            # This server, unlike those of Flink and Spark, gives a job no longer than that.
            "job_server_timeout=900",
        )
        yield TwoWorkerEngine(options, log)


@contextlib.contextmanager
def _started(log: Path, *command: str) -> Iterator[None]:
    """Runs a server whose output goes to a file."""
    with open(log, "w") as chatter:
        server = subprocess.Popen(
            [sys.executable, "-W", "ignore", *command],
            cwd=PROJECT,
            # The pool starts its workers by the name of python.
            env=os.environ
            | {
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "CUDA_VISIBLE_DEVICES": "",
            },
            stdout=chatter,
            stderr=chatter,
            start_new_session=True,
        )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            # Its workers too.
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _port_of(file: Path) -> int:
    deadline = time.monotonic() + 240
    while not file.exists():
        assert time.monotonic() < deadline, f"no server wrote {file.name}"
        time.sleep(0.1)
    return int(file.read_text())
