"""How near does a batch run come to the most that the signature gives, and does its memory grow?

The yardstick is the ``rle`` signature of the same model on the same photographs of 1918x1280,
called in a tight loop from files that are in memory, at the best of several batch sizes and numbers
of threads. A run should do at least 0.9 of that, counted per photograph more: what starts a run
(imports, the model) it pays once, for 200 photographs or for 100,064. The peak of memory should be
the same for 1,000 and for 20,000 small photographs, and run lengths of a full-size mask should take
less than 3 ms.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.pushed_model import push_fresh_model
from serving.server.servable import Servable
from studio.config import StudioConfig
from studio.dataset import render_dataset
from trainer import rle

_BATCHES = (1, 2, 4, 8)
_THREADS = (1, 2, 3)
_SECONDS = 10.0
_FEW, _MANY = 192, 1536
_SMALL_FEW, _SMALL_MANY = 1_000, 20_000
_CHALLENGE = 100_064
_CORES = 64


def measure(scratch: Path) -> dict[str, Any]:
    """Measures batch inference.

    Args:
        scratch: An empty folder; files are linked, so that little is written.

    Returns:
        Photographs per second of the signature alone and of runs, and their ratio; where the
        workers' time goes; peak memory; milliseconds of the encoder; hours for the challenge.
    """
    base, images = push_fresh_model(scratch / "pushed")
    photographs = scratch / "pushed" / "photographs" / "train"
    [version] = base.iterdir()
    before = _best(version, images)
    runs = {
        count: _run(base, _links(photographs, count, scratch / f"full-{count}"), scratch)
        for count in (_FEW, _MANY)
    }
    after = _best(version, images)
    best = statistics.mean([max(before.values()), max(after.values())])
    more = _MANY - _FEW
    rate = more / (runs[_MANY]["wall_seconds"] - runs[_FEW]["wall_seconds"])
    cpu = (runs[_MANY]["cpu_seconds"] - runs[_FEW]["cpu_seconds"]) / more
    return {
        "photograph_size": "1918x1280",
        "signature_per_second": {"before": before, "after": after},
        "run_per_second": round(rate, 2),
        "run_per_second_whole": round(_MANY / runs[_MANY]["wall_seconds"], 2),
        "share_of_best": round(rate / best, 3),
        "stages": _shares(runs[_MANY]["worker_seconds"]),
        "runs": {str(count): run for count, run in runs.items()},
        "memory": _memory(base, scratch),
        "rle_encode_ms": _encode_ms(photographs.parent / "train_masks"),
        "hours_for_the_challenge": {
            f"{os.cpu_count()} cores": round(_CHALLENGE / rate / 3600, 2),
            # Not measured: the processor's seconds per photograph, shared out without loss.
            f"{_CORES} cores, at least": round(_CHALLENGE * cpu / _CORES / 3600, 3),
        },
    }


def _best(version: Path, images: list[bytes]) -> dict[str, float]:
    """Returns photographs per second by batch size and threads."""
    rates = {}
    with Servable.load(version) as servable:

        def call(batch: list[bytes]) -> None:
            servable.predict({"image_bytes": np.array(batch, dtype=object)}, "rle")

        for size in _BATCHES:
            batches = [images[at : at + size] for at in range(0, len(images) - size + 1, size)]
            call(batches[0])
            for threads in _THREADS:
                rates[f"batches of {size}, {threads} threads"] = round(
                    size * _calls_per_second(call, batches, threads), 2
                )
    return rates


def _calls_per_second(call: Any, batches: list[list[bytes]], threads: int) -> float:
    until = time.perf_counter() + _SECONDS

    def work(number: int) -> int:
        done = 0
        while time.perf_counter() < until:
            call(batches[(number + done) % len(batches)])
            done += 1
        return done

    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        done = sum(pool.map(work, range(threads)))
    return done / (time.perf_counter() - started)


def _links(photographs: Path, count: int, folder: Path) -> Path:
    """Links photographs under as many names as are wanted."""
    folder.mkdir()
    files = sorted(photographs.iterdir())
    for index in range(count):
        os.link(files[index % len(files)], folder / f"{index:06}{files[0].suffix}")
    return folder


def _run(base: Path, photographs: Path, scratch: Path) -> dict[str, Any]:
    """Runs batch_runner.py; returns wall and processor seconds, MiB at the peak, and stages."""
    output = scratch / f"{photographs.name}-out"
    command = [sys.executable, "batch_runner.py", "--model", str(base), "--output", str(output)]
    started = time.perf_counter()
    process = subprocess.Popen([*command, "--input", str(photographs)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"batch_runner.py ended with {process.returncode}; see {output}.log")
    summary = json.loads((output / "summary.json").read_text())
    return {
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mib": round(usage.ru_maxrss / 1024),
        "worker_seconds": summary["worker_seconds"],
    }


def _shares(seconds: dict[str, float]) -> dict[str, float]:
    whole = sum(seconds.values())
    return {stage: round(each / whole, 3) for stage, each in seconds.items()}


def _memory(base: Path, scratch: Path) -> dict[str, Any]:
    studio = StudioConfig(cars=8, test_cars=0, width=240, height=160)
    rendered = render_dataset(scratch / "small", studio) / "train"
    peaks = {}
    for count in (_SMALL_FEW, _SMALL_MANY):
        run = _run(base, _links(rendered, count, scratch / f"small-{count}"), scratch)
        peaks[count] = run["peak_mib"]
    return {
        "photograph_size": "240x160",
        "peak_mib": {str(count): peak for count, peak in peaks.items()},
        "ratio": round(peaks[_SMALL_MANY] / peaks[_SMALL_FEW], 3),
    }


def _encode_ms(masks: Path) -> dict[str, float]:
    milliseconds = []
    for path in sorted(masks.iterdir())[:64]:
        mask = np.asarray(Image.open(path))
        started = time.perf_counter()
        rle.encode(mask)
        milliseconds.append(1e3 * (time.perf_counter() - started))
    return {
        "median": round(statistics.median(milliseconds), 2),
        "slowest": round(max(milliseconds), 2),
    }
