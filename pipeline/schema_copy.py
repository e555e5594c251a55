"""The schema under a path that changes with its content, because TFX caches by path."""

import hashlib
from pathlib import Path

SCHEMA_FILE = Path(__file__).parent / "schema" / "schema.pbtxt"


def schema_path(folder: str | Path, source: Path = SCHEMA_FILE) -> str:
    """Returns where a copy of the schema lies.

    Args:
        folder: For the copies.
        source: The schema.
    """
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    return str(Path(folder, digest, source.name))


def write_schema_copy(folder: str | Path, source: Path = SCHEMA_FILE) -> Path:
    """Copies the schema to ``schema_path``.

    Args:
        folder: For the copies.
        source: The schema.

    Returns:
        The copy.
    """
    copy = Path(schema_path(folder, source))
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(source.read_bytes())
    return copy
