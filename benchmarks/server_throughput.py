"""How many masks a second eight clients get from the server, and what 64 of them get.

The best that the same signature gives in process, over the number of threads that call it, is the
yardstick: eight clients over gRPC should get at least 0.95 of it. 64 clients against a short
batching queue may be turned away (RESOURCE_EXHAUSTED or UNAVAILABLE) and nothing else, and what is
answered has to be answered within what the queue bounds. A server in a process of its own tells the
time from the command to the first mask, and the memory of a server that waits and of one at work.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks.pushed_model import push_fresh_model
from serving.client.errors import MaskServiceError, ServerBusy
from serving.client.mask_client import MaskClient
from serving.server.batching.batching_parameters import BatchingParameters
from serving.server.embedded_server import EmbeddedServer
from serving.server.servable import Servable
from serving.server.server_options import ServerOptions

_THREADS = (1, 2, 3, 4, 8)
_CLIENTS = 8
_CROWD = 64
_SECONDS = 15.0
# Of a client that was turned away.
_PAUSE_S = 1.0
# A quarter of a second of work for one core at 45 ms each.
_QUEUE = BatchingParameters(
    max_batch_size=1, batch_timeout_micros=0, max_enqueued_batches=6, num_batch_threads=2
)


def measure(scratch: Path) -> dict[str, Any]:
    """Measures throughput, crowding and start-up.

    Args:
        scratch: An empty folder.

    Returns:
        Masks per second and their ratio; core seconds per mask; outcomes and latency under the
        crowd; seconds to start and memory, MiB, of a server's process.
    """
    base, images = push_fresh_model(scratch)
    [version] = base.iterdir()
    with Servable.load(version) as servable:

        def in_process(image: bytes) -> None:
            servable.predict({"image_bytes": np.array([image], dtype=object)})

        busy = time.process_time()
        rates = {n: _rate(in_process, images, n) for n in _THREADS}
        busy = time.process_time() - busy
    options = ServerOptions(model_name="mask", model_base_path=str(base))
    with EmbeddedServer(options) as server, MaskClient(server.target) as client:
        served = _rate(client.mask, images, _CLIENTS)
    best = max(rates.values())
    return {
        "photograph_size": "1918x1280",
        "core_seconds_per_mask": round(busy / (_SECONDS * sum(rates.values())), 4),
        "in_process_masks_per_second": {str(n): round(rate, 2) for n, rate in rates.items()},
        "clients": _CLIENTS,
        "served_masks_per_second": round(served, 2),
        "ratio": round(served / best, 3),
        "crowd": _crowd(base, images),
        "process": _in_a_process(base, images),
    }


def _rate(call: Callable[[bytes], Any], images: list[bytes], threads: int) -> float:
    """Returns calls per second by so many threads, after two calls of each."""
    call(images[0])
    until = time.perf_counter() + _SECONDS

    def work(number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            call(images[(number + done) % len(images)])
            done += 1
        return done

    started = time.perf_counter()
    with futures.ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(work, range(threads)))
    return done / (time.perf_counter() - started)


def _crowd(base: Path, images: list[bytes]) -> dict[str, Any]:
    options = ServerOptions(
        model_name="mask", model_base_path=str(base), batching=_QUEUE, grpc_max_threads=_CROWD
    )
    outcomes: Counter[str] = Counter()
    seconds: list[float] = []
    until = time.perf_counter() + _SECONDS

    def work(number: int) -> None:
        # Of its own: one connection's flow control must not queue the requests.
        with MaskClient(server.target, retries=0) as client:
            while time.perf_counter() < until:
                started = time.perf_counter()
                try:
                    client.mask(images[number % len(images)])
                except ServerBusy:
                    outcomes["turned away"] += 1
                    time.sleep(_PAUSE_S)
                except MaskServiceError as error:
                    outcomes[type(error).__name__] += 1
                else:
                    outcomes["masked"] += 1
                    seconds.append(time.perf_counter() - started)

    with EmbeddedServer(options) as server, futures.ThreadPoolExecutor(_CROWD) as pool:
        list(pool.map(work, range(_CROWD)))
    return {
        "clients": _CROWD,
        "queue": _QUEUE.max_enqueued_batches,
        "outcomes": dict(outcomes),
        "median_seconds": round(float(np.median(seconds)), 3),
        "slowest_seconds": round(max(seconds), 3),
    }


def _in_a_process(base: Path, images: list[bytes]) -> dict[str, float]:
    """Returns seconds to the first mask, and MiB: when it waits, and more per photograph."""
    started = time.perf_counter()
    command = [Path(sys.executable).parent / "studio-mask", "serve", "--embedded", "--port=0"]
    server = subprocess.Popen(
        [*command, "--host=127.0.0.1", f"--model_base_path={base.resolve()}", "--model_name=mask"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        target = next(
            word
            for line in iter(server.stdout.readline, "")
            for word in line.split()
            if word.startswith("127.0.0.1:")
        )
        process = psutil.Process(server.pid)
        with MaskClient(target) as client:
            client.mask(images[0])
            seconds = time.perf_counter() - started
            _rate(client.mask, images, 1)
            waiting = process.memory_info().rss
            with futures.ThreadPoolExecutor(1) as pool:
                ended = pool.submit(_rate, client.mask, images, _CLIENTS)
                most = waiting
                while not ended.done():
                    most = max(most, process.memory_info().rss)
                    time.sleep(0.02)
        return {
            "seconds_to_first_mask": round(seconds, 1),
            "memory_mib": round(waiting / 2**20),
            "memory_mib_per_photograph_at_work": round((most - waiting) / _CLIENTS / 2**20),
        }
    finally:
        server.terminate()
        server.communicate()
