"""Says on what machine a benchmark ran."""

import os
import platform
from datetime import date
from pathlib import Path

import tensorflow as tf


def machine() -> dict[str, str | int | float]:
    """Returns processor, cores, memory in GiB, versions and the date."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "memory_gib": round(pages / 2**30, 1),
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "date": date.today().isoformat(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
