"""10,000 requests while the served version changes every five seconds.

Four clients ask for masks of rendered 480x320 photographs while copies of the pushed version are
put in place, the older ones taken away. Expected: no request lost, and the process (server and
clients in one) grows by less than 50 MB between its first thousand requests and its last.
"""

import shutil
import threading
import time
from concurrent import futures
from pathlib import Path
from typing import Any

import psutil

from benchmarks.pushed_model import push_fresh_model
from serving.client.mask_client import MaskClient
from serving.server.embedded_server import EmbeddedServer
from serving.server.server_options import ServerOptions

_REQUESTS = 10_000
_WARM_UP = 1_000
_CLIENTS = 4
_SWAP_EVERY_S = 5.0


def measure(scratch: Path) -> dict[str, Any]:
    """Measures.

    Args:
        scratch: An empty folder.

    Returns:
        Requests, answers, versions served, and the memory that the process grew by, MiB.
    """
    base, images = push_fresh_model(scratch, preset="sample", width=480, height=320)
    [version] = base.iterdir()
    ended = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        newest = version
        while not ended.wait(_SWAP_EVERY_S):
            following = base / str(int(newest.name) + 1)
            hidden = base / ".incoming"
            shutil.copytree(newest, hidden)
            hidden.rename(following)
            shutil.rmtree(newest)
            newest = following
            swaps += 1

    options = ServerOptions(model_name="mask", model_base_path=str(base))
    with (
        EmbeddedServer(options) as server,
        MaskClient(server.target, retries=0) as client,
        futures.ThreadPoolExecutor(_CLIENTS) as pool,
    ):

        def ask(number: int) -> bool:
            return len(client.mask(images[number % len(images)])) > 0

        process = psutil.Process()
        swapper = threading.Thread(target=swap)
        swapper.start()
        try:
            answered = sum(pool.map(ask, range(_WARM_UP)))
            before = process.memory_info().rss
            started = time.perf_counter()
            answered += sum(pool.map(ask, range(_WARM_UP, _REQUESTS)))
            seconds = time.perf_counter() - started
            after = process.memory_info().rss
        finally:
            ended.set()
            swapper.join()
    return {
        "photograph_size": "480x320",
        "requests": _REQUESTS,
        "answered": answered,
        "swaps": swaps,
        "requests_per_second": round((_REQUESTS - _WARM_UP) / seconds, 1),
        "memory_growth_mib": round((after - before) / 2**20, 1),
    }
