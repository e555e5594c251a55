"""Finds the photographs in a folder."""

import os
from dataclasses import dataclass
from pathlib import Path

_SUFFIXES = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class Refusal:
    """A photograph or folder that gets no mask, and why, in one line."""

    photograph: Path
    reason: str


def find_photographs(source: Path, output: Path) -> tuple[list[Path], list[Refusal]]:
    """Lists a folder's JPEG and PNG files, those in its subfolders too.

    Hidden files and folders are passed over, and so is what is in OUTPUT, if that lies in INPUT.
    Links to folders are not followed, as they may lead round in circles.

    Args:
        source: The folder.
        output: Where the results go; it need not exist.

    Returns:
        The photographs in alphabetical order, each below ``source``, and the subfolders that cannot
        be read.
    """
    # Resolved, as INPUT and OUTPUT may name one folder in two ways.
    results = output.resolve()
    refusals: list[Refusal] = []

    def refuse(error: OSError) -> None:
        refusals.append(Refusal(Path(error.filename), f"Cannot read it: {error.strerror}."))

    photographs: list[Path] = []
    resolved_source = source.resolve()
    for name, folders, files in os.walk(source, onerror=refuse):
        folder = Path(name)
        below = resolved_source / folder.relative_to(source)
        folders[:] = [
            each for each in folders if not each.startswith(".") and below / each != results
        ]
        photographs += [folder / each for each in files if _is_photograph(folder, each)]
    return sorted(photographs), refusals


def _is_photograph(folder: Path, name: str) -> bool:
    if name.startswith(".") or os.path.splitext(name)[1].lower() not in _SUFFIXES:
        return False
    path = folder / name
    # A link that leads nowhere is a photograph that cannot be read; a pipe is none at all.
    return path.is_file() or path.is_symlink()
