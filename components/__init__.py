"""The TFX components that TFX lacks: photographs to examples, checks, gate, atomic push.

The artifact types of this package are named ``components.<Class>``, and found under that name:
Kubeflow Pipelines knows types by name alone, and TFX imports them by it in each step's container.
"""

import importlib
from typing import Any

_MODULES = {
    "Drift": "drift_check",
    "ModelCardFiles": "model_card_files",
    "PhotographStatistics": "photograph_statistics",
    "Quarantine": "quarantine",
    "Report": "run_report",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
