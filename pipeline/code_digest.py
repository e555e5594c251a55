"""Lets a step run anew when its code changed.

TFX caches a step by its inputs and parameters, and knows nothing of code that it imports. A digest
among the parameters tells it.
"""

import hashlib
import inspect
from pathlib import Path
from types import ModuleType


def code_digest(*modules: ModuleType) -> str:
    """Returns a digest of the source of modules.

    Args:
        modules: Modules; of a package all its modules count, at any depth.

    Returns:
        16 hex digits.
    """
    digest = hashlib.sha256()
    for module in modules:
        source = Path(inspect.getfile(module))
        files = sorted(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source]
        for file in files:
            digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
