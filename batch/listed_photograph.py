"""A photograph of a batch run before it is opened."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ListedPhotograph:
    """A file to mask.

    Attributes:
        path: Where it is read from.
        name: What it is called in results: its path below the folder that was asked for.
        size: Of the file, bytes.
        changed: When the file was last changed, seconds since 1970; 0 where nobody says.
    """

    path: str
    name: str
    size: int
    changed: float = 0.0
