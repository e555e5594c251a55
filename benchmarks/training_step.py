"""How fast the U-Net is fitted, beside the same network in PyTorch.

Both frameworks take steps of carvana-128's U-Net (16 filters, 128x128, batch of 16, AdamW, BCE plus
soft Dice) on a constant batch, in turn, several rounds in one run. Expected: at least 1.0 times
PyTorch's best of the same precision.

PyTorch is no dependency of the project. STUDIO_MASK_TORCH_PYTHON names the Python of an environment
that holds it:

    .uv/bin/uv venv --python 3.11 torch && .uv/bin/uv pip install --python torch torch==2.13.0 numpy
    STUDIO_MASK_TORCH_PYTHON=torch/bin/python make bench ARGS=training_step
"""

import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

_KERAS = ("float32", "bfloat16", "float32_keras_batchnorm", "float32_xla")
_TORCH = (
    "float32",
    "float32_channels_last",
    "float32_channels_last_compiled",
    "bfloat16_channels_last",
    "bfloat16_channels_last_compiled",
)
_ROUNDS = 3


def measure(scratch: Path) -> dict[str, Any]:
    """Measures all variants.

    Args:
        scratch: An empty folder; not needed.

    Returns:
        Median images per second of each variant, and ours over PyTorch's best by precision.

    Raises:
        RuntimeError: If STUDIO_MASK_TORCH_PYTHON is not set, or a variant failed.
    """
    del scratch
    torch_python = os.environ.get("STUDIO_MASK_TORCH_PYTHON")
    if not torch_python:
        raise RuntimeError(
            "STUDIO_MASK_TORCH_PYTHON is not set: name the Python of an environment with "
            "torch==2.13.0 and numpy"
        )
    commands = {
        **{
            f"keras_{variant}": [sys.executable, "-m", "benchmarks.training_step_keras", variant]
            for variant in _KERAS
        },
        **{
            f"torch_{variant}": [torch_python, "benchmarks/training_step_torch.py", variant]
            for variant in _TORCH
        },
    }
    # All wait, ready and warm, while one works.
    workers = {
        name: subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name, command in commands.items()
    }
    try:
        # The first answers come when all have compiled; they are not counted.
        rounds = [
            {name: _ask(name, worker) for name, worker in workers.items()}
            for _ in range(_ROUNDS + 1)
        ][1:]
    finally:
        for worker in workers.values():
            worker.kill()
            worker.communicate()
    rates = {name: statistics.median(each[name] for each in rounds) for name in workers}
    ratios = {
        precision: rates[f"keras_{precision}"]
        / max(rate for name, rate in rates.items() if name.startswith(f"torch_{precision}"))
        for precision in ("float32", "bfloat16")
    }
    return {
        "images_per_second": {name: round(rate, 1) for name, rate in rates.items()},
        "keras_over_best_torch": {name: round(ratio, 2) for name, ratio in ratios.items()},
    }


def _ask(name: str, worker: "subprocess.Popen[str]") -> float:
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    except BrokenPipeError:
        pass  # It ended; its silence is reported below.
    answer = worker.stdout.readline()
    if not answer:
        raise RuntimeError(f"{name} ended with exit code {worker.wait()} before it answered")
    return float(answer)
