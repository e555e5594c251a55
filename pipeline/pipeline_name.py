"""What a pipeline is called in a store that it shares with others.

ML Metadata keeps pipelines apart by their names: what was computed before, and which model was
blessed last, is looked up among the runs of the same name. In an SQLite file of its own every
workdir's is called ``mask``; on a server those of two studios must not find each other's models.
"""

import os
import secrets
from pathlib import Path

OWN_STORE = "mask"
_FILE = "pipeline_name"


def shared_store_name(workdir: Path) -> str:
    """Returns the name of a workdir's pipeline on a server; makes one up at the first time.

    Args:
        workdir: Keeps the name in a file, so that it moves along.
    """
    path = workdir / _FILE
    if not path.exists():
        beside = workdir / f".{_FILE}.{os.getpid()}"
        beside.write_text(f"{OWN_STORE}-{secrets.token_hex(6)}\n")
        beside.rename(path)
    return path.read_text().strip()
