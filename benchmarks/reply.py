"""What one mask costs at full size, and what the way over gRPC and REST adds.

Asks a model of carvana-128's size for the masks of rendered 1918x1280 photographs in process, over
gRPC and over REST in turn, in one run, and compares the medians; once as the preset exports it,
with flip averaging, and once without. Expected: gRPC at most 1.10 times the call in process, REST
at most 1.25 times.
"""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pushed_model import push_fresh_model
from serving.client.mask_client import MaskClient
from serving.server.embedded_server import EmbeddedServer
from serving.server.servable import Servable
from serving.server.server_options import ServerOptions

_ROUNDS = 60


def measure(scratch: Path) -> dict[str, Any]:
    """Measures the reply.

    Args:
        scratch: An empty folder.

    Returns:
        Median milliseconds per photograph in process, over gRPC and over REST, and the ratios.
    """
    figures: dict[str, Any] = {"photograph_size": "1918x1280"}
    for name, flip in (("flip_averaging", "true"), ("no_flip_averaging", "false")):
        base, images = push_fresh_model(scratch / name, f"unet_prediction.flip_average={flip}")
        figures[name] = _compare(base, images)
    return figures


def _compare(base: Path, images: list[bytes]) -> dict[str, float]:
    [version] = base.iterdir()
    options = ServerOptions(model_name="mask", model_base_path=str(base), rest_api_port=0)
    with (
        Servable.load(version) as servable,
        EmbeddedServer(options) as server,
        MaskClient(server.target) as grpc_client,
        MaskClient(f"http://127.0.0.1:{server.rest_port}") as rest_client,
    ):
        in_process, over_grpc, over_rest = _medians(
            images,
            lambda image: servable.predict({"image_bytes": np.array([image], dtype=object)}),
            grpc_client.mask,
            rest_client.mask,
        )
    return {
        "in_process_ms": round(in_process, 1),
        "grpc_ms": round(over_grpc, 1),
        "rest_ms": round(over_rest, 1),
        "grpc_ratio": round(over_grpc / in_process, 3),
        "rest_ratio": round(over_rest / in_process, 3),
    }


def _medians(images: list[bytes], *calls: Callable[[bytes], Any]) -> list[float]:
    seconds: list[list[float]] = [[] for _ in calls]
    for round_number in range(_ROUNDS + 2):
        image = images[round_number % len(images)]
        for call, spent in zip(calls, seconds, strict=True):
            started = time.perf_counter()
            call(image)
            spent.append(time.perf_counter() - started)
    # The first two rounds warm everything up.
    return [1e3 * statistics.median(spent[2:]) for spent in seconds]
