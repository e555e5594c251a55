"""What one mask costs at full size, and what the way over gRPC adds.

Exports a U-Net of carvana-128's size with fresh weights (the time does not depend on them), asks
for the masks of rendered 1918x1280 photographs in process and over gRPC in turn, in one run, and
compares the medians. Expected: gRPC below 1.1 times the call in process.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.open_gate import OPEN_GATE
from serving.client.mask_client import MaskClient
from serving.server.embedded_server import EmbeddedServer
from serving.server.servable import Servable
from studio.config import StudioConfig
from studio.dataset import render_dataset

_ROUNDS = 40


def measure(scratch: Path) -> dict[str, Any]:
    """Measures the reply.

    Args:
        scratch: An empty folder.

    Returns:
        Median milliseconds per photograph in process and over gRPC, and their ratio.
    """
    photographs = render_dataset(
        scratch / "photographs", StudioConfig(cars=12, test_cars=0, width=1918, height=1280)
    )
    workdir = scratch / "run"
    subprocess.run(
        [sys.executable, "local_runner.py", "--preset", "carvana-128", "--data", photographs]
        + ["--workdir", workdir, "--set", "unet_fit.epochs=1", "--set", "cnn_fit.epochs=1"]
        + ["--set", "data.test_fraction=0.3", "--set", "data.val_fraction=0.3"]
        + [part for change in OPEN_GATE for part in ("--set", change)],
        check=True,
        capture_output=True,
    )
    [version] = (workdir / "serving_models" / "mask").iterdir()
    images = [path.read_bytes() for path in sorted((photographs / "train").iterdir())]
    with (
        Servable.load(version) as servable,
        EmbeddedServer(version.parent) as server,
        MaskClient(server.target) as client,
    ):
        in_process, over_grpc = _medians(
            images,
            lambda image: servable.predict({"image_bytes": np.array([image], dtype=object)}),
            client.mask,
        )
    return {
        "photograph_size": "1918x1280",
        "in_process_ms": round(in_process, 1),
        "grpc_ms": round(over_grpc, 1),
        "ratio": round(over_grpc / in_process, 3),
    }


def _medians(images: list[bytes], *calls: Callable[[bytes], Any]) -> list[float]:
    seconds: list[list[float]] = [[] for _ in calls]
    for round_number in range(_ROUNDS + 2):
        image = images[round_number % len(images)]
        for call, spent in zip(calls, seconds, strict=True):
            started = time.perf_counter()
            call(image)
            spent.append(time.perf_counter() - started)
    # The first two rounds warm both up.
    return [1e3 * statistics.median(spent[2:]) for spent in seconds]
