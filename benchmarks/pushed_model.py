"""A model that a run has pushed, for the benchmarks that ask one for masks.

Its weights are fresh: the time of a reply does not depend on them.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks.open_gate import OPEN_GATE
from studio.config import StudioConfig
from studio.dataset import render_dataset

_CHANGES = (
    "unet_fit.epochs=1",
    "cnn_fit.epochs=1",
    "data.test_fraction=0.3",
    "data.val_fraction=0.3",
    *OPEN_GATE,
)


def push_fresh_model(
    scratch: Path, *changes: str, preset: str = "carvana-128", width: int = 1918, height: int = 1280
) -> tuple[Path, list[bytes]]:
    """Runs the pipeline on rendered photographs, one epoch each.

    Args:
        scratch: An empty folder.
        changes: Further fields of the preset, as ``--set`` takes them.
        preset: The preset to run.
        width: Of the photographs, pixels.
        height: Of the photographs, pixels.

    Returns:
        The base path of the pushed version, and the photographs' JPEG files.
    """
    photographs = render_dataset(
        scratch / "photographs", StudioConfig(cars=12, test_cars=0, width=width, height=height)
    )
    workdir = scratch / "run"
    subprocess.run(
        [sys.executable, "local_runner.py", "--preset", preset, "--data", photographs]
        + ["--workdir", workdir]
        + [part for change in (*_CHANGES, *changes) for part in ("--set", change)],
        check=True,
        capture_output=True,
    )
    images = [path.read_bytes() for path in sorted((photographs / "train").iterdir())]
    return workdir / "serving_models" / "mask", images
