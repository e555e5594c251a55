"""How near does ingestion come to the least that it could take, and does its memory grow?

The floor: read both files, read the photograph's size from its header, decode the mask and encode
it as PNG. It is measured before and after the step, on the same photographs, once in one thread
beside one worker of Beam's, and once in as many as a run has. Seconds are the processor's, so that
other programs disturb less. Expected: at least 0.7 of the floor's photographs per second and core,
and a peak of memory that is the same for 256 and 1,024 photographs.
"""

import os
import statistics
from pathlib import Path
from typing import Any

from benchmarks.pipeline_step import (
    HEIGHT,
    WIDTH,
    link_photographs,
    render_photographs,
    run_process,
    run_step,
)

COUNTS = (256, 1024)

_FLOOR = """
import io, json, resource, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import cv2
import numpy as np
import tensorflow  # As in the step: without, memory is mapped anew for each mask, and half of
from PIL import Image  # the time goes there.

folder = Path(sys.argv[1])
images = sorted((folder / "train").iterdir())
pairs = list(zip(images, sorted((folder / "train_masks").iterdir()), strict=True))

def floor(pair):
    image, mask = (path.read_bytes() for path in pair)
    Image.open(io.BytesIO(image)).size
    gray = np.asarray(Image.open(io.BytesIO(mask)))
    cv2.imencode(".png", cv2.compare(gray, 0, cv2.CMP_GT))

def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

with ThreadPoolExecutor(int(sys.argv[2])) as pool:
    list(pool.map(floor, pairs[:64]))
    before = cpu()
    list(pool.map(floor, pairs))
print(json.dumps((cpu() - before) / len(pairs)))
"""


def measure(scratch: Path) -> dict[str, Any]:
    """Measures ingestion.

    Args:
        scratch: An empty folder; about 1 GB is written.

    Returns:
        Photographs per second and core of the floor and of the step, whole and of each photograph
        more; what share of the floor that is; memory at the peak per count, and their ratio.
    """
    rendered = render_photographs(scratch / "rendered", max(COUNTS))
    return {"photograph_size": f"{WIDTH}x{HEIGHT}", **measure_on(rendered, scratch)}


def measure_on(photographs: Path, scratch: Path) -> dict[str, Any]:
    """Does the same on 1,024 photographs that are there.

    Args:
        photographs: Kaggle's layout.
        scratch: An empty folder.
    """
    folders = {
        count: link_photographs(photographs, count, scratch / f"ingestion-{count}")
        for count in COUNTS
    }
    figures = {}
    for workers in (1, os.cpu_count() or 1):
        floors = [_floor(folders, workers)]
        steps = {}
        for count, folder in folders.items():
            workdir = scratch / f"ingestion-run-{count}-{workers}"
            steps[count] = run_step("ingest", folder, workdir, workers)
            floors.append(_floor(folders, workers))
        figures[f"workers_{workers}"] = compare(floors, steps, {count: count for count in COUNTS})
    return figures


def _floor(folders: dict[int, Path], workers: int) -> float:
    seconds: float = run_process(_FLOOR, folders[min(COUNTS)], str(workers))
    return seconds


def compare(
    floors: list[float], steps: dict[int, dict[str, Any]], photographs: dict[int, int]
) -> dict[str, Any]:
    """Sets a step against its floor.

    Args:
        floors: Processor seconds per photograph, each measured anew.
        steps: What ``run_step`` gave, by count.
        photographs: That the step worked on, by count.
    """
    few, many = COUNTS
    floor = statistics.median(floors)
    whole = steps[many]["cpu_seconds"] / photographs[many]
    more = steps[many]["cpu_seconds"] - steps[few]["cpu_seconds"]
    more /= photographs[many] - photographs[few]
    return {
        "floor_per_second_and_core": round(1 / floor, 1),
        "step_per_second_and_core": round(1 / whole, 1),
        "share_of_floor": round(floor / whole, 3),
        # Without what a step costs before the first photograph: Beam and ML Metadata.
        "share_of_floor_per_photograph_more": round(floor / more, 3),
        "floor_ms": [round(1e3 * each, 2) for each in floors],
        **{f"step_{count}": figures for count, figures in steps.items()},
        "peak_memory_ratio": round(steps[many]["peak_mib"] / steps[few]["peak_mib"], 3),
    }
