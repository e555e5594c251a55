"""Keeps a machine's GPUs for the step that needs them.

The local runner does all steps in one process, and TensorFlow takes a GPU's memory with the first
thing it runs, which is Transform, and gives nothing back. So the local runner hides the GPUs from
its own process, and the Trainer fits in another one that sees them (``trainer.gpu_process``).
"""

import os
import shutil
import subprocess
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

_VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
# What the user had set, while they are hidden; empty if that was nothing.
_HIDDEN: Final = "STUDIO_MASK_HIDDEN_CUDA_DEVICES"


def has_gpu(root: Path = Path("/")) -> bool:
    """Returns whether this machine has an NVIDIA GPU, without loading TensorFlow.

    Args:
        root: Where to look for the driver's files.
    """
    for place, names in (("dev", "nvidia[0-9]*"), ("proc/driver/nvidia/gpus", "*")):
        if any((root / place).glob(names)):
            return True
    tool = shutil.which("nvidia-smi")  # Windows' Linux has neither file, but this.
    if tool is None:
        return False
    try:
        listed = subprocess.run([tool, "-L"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return listed.returncode == 0 and bool(listed.stdout.strip())


def hide_gpus(environ: MutableMapping[str, str] = os.environ) -> None:
    """Hides the GPUs from this process; call it before TensorFlow has run anything.

    Where there are none, or the user has hidden them, nothing changes.

    Args:
        environ: The environment.
    """
    wanted = environ.get(_VISIBLE, "")
    hidden_already = _VISIBLE in environ and (not wanted or wanted.startswith("-1"))
    if hidden_already or not has_gpu():
        return
    environ[_HIDDEN] = wanted
    environ[_VISIBLE] = "-1"


def gpus_are_hidden(environ: MutableMapping[str, str] = os.environ) -> bool:
    """Returns whether there are GPUs that ``hide_gpus`` has hidden."""
    return _HIDDEN in environ


def show_gpus(environ: MutableMapping[str, str] = os.environ) -> None:
    """Undoes ``hide_gpus``; does nothing if they are not hidden.

    TensorFlow then takes of their memory what it needs, not all of it.

    Args:
        environ: The environment, before TensorFlow has run anything.
    """
    if not gpus_are_hidden(environ):
        return
    wanted = environ.pop(_HIDDEN)
    if wanted:
        environ[_VISIBLE] = wanted
    else:
        del environ[_VISIBLE]
    grow_gpu_memory(environ)


def grow_gpu_memory(environ: MutableMapping[str, str] = os.environ) -> None:
    """Has TensorFlow take of a GPU's memory what it needs, unless the user has said what to do.

    Args:
        environ: The environment, before TensorFlow has run anything.
    """
    environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
