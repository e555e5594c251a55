"""How fast the sample studio renders on one core, files written.

Expected: at least 40 photographs a second of processor time at 480x320. As a ratio that noise moves
less, the same photographs are encoded as JPEG once more in the same run.
"""

import os
import time
from pathlib import Path
from typing import Any

import cv2

from studio.config import StudioConfig
from studio.dataset import render_dataset

_CARS = 12


def measure(scratch: Path) -> dict[str, Any]:
    """Measures the studio.

    Args:
        scratch: An empty folder.

    Returns:
        Photographs per second of processor time, and that time over the one of encoding alone.
    """
    cores, threads = os.sched_getaffinity(0), cv2.getNumThreads()
    os.sched_setaffinity(0, {min(cores)})
    cv2.setNumThreads(1)
    try:
        config = StudioConfig(cars=_CARS, test_cars=0)
        started = time.process_time()
        photographs = render_dataset(scratch / "photographs", config)
        rendering = time.process_time() - started
        images = [cv2.imread(str(path)) for path in sorted((photographs / "train").iterdir())]
        started = time.process_time()
        for image in images:
            cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, config.jpeg_quality])
        encoding = time.process_time() - started
    finally:
        os.sched_setaffinity(0, cores)
        cv2.setNumThreads(threads)
    return {
        "photograph_size": f"{config.width}x{config.height}",
        "photographs_per_cpu_second": round(len(images) / rendering, 1),
        "over_jpeg_encoding_alone": round(rendering / encoding, 1),
    }
