"""Which version of which model a request asks for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelRequest:
    """What a request names; with neither version nor label it means the newest available version.

    Attributes:
        name: The model's name.
        version: The version's number; at most one of version and label is given.
        label: A version label, such as "stable", that the server's configuration points somewhere.
    """

    name: str
    version: int | None = None
    label: str | None = None
