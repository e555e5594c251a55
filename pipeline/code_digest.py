"""Lets a step run anew when its code changed.

TFX caches a step by its inputs and parameters, and knows nothing of code that it imports. A digest
among the parameters tells it.
"""

import hashlib
import inspect
from pathlib import Path
from types import ModuleType


def code_digest(*parts: ModuleType | Path) -> str:
    """Returns a digest of the source of modules.

    Args:
        parts: Modules; of a package all its modules count, at any depth. Or other files that decide
            what is written, such as templates; of a folder all its files count.

    Returns:
        16 hex digits.
    """
    digest = hashlib.sha256()
    for part in parts:
        for file in _files(part):
            digest.update(f"{file.name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _files(part: ModuleType | Path) -> list[Path]:
    if isinstance(part, Path):
        return sorted(filter(Path.is_file, part.rglob("*"))) if part.is_dir() else [part]
    source = Path(inspect.getfile(part))
    return sorted(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source]
