"""Which model of a server a client asks, and what it asks it for."""

from dataclasses import dataclass

_LARGEST_VERSION = 2**63 - 1


@dataclass(frozen=True)
class ModelChoice:
    """One model of a server; the newest version of it, if no other is chosen.

    Attributes:
        name: The name it is served under.
        version: The number of the version to ask.
        label: The label of the version to ask, such as ``canary``.
    """

    name: str
    version: int | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        """Refuses what no server could serve."""
        if not self.name:
            raise ValueError("model_name is empty: give the name the model is served under.")
        if self.version is not None and self.label is not None:
            raise ValueError("Both version and label choose a version: give one of them.")
        if self.version is not None and not 0 <= self.version <= _LARGEST_VERSION:
            raise ValueError(f"version is {self.version}: give a number from 0 to 2**63 - 1.")

    def __str__(self) -> str:
        """Returns the choice as error texts name it."""
        if self.version is not None:
            return f"{self.name!r}, version {self.version}"
        return f"{self.name!r}" if self.label is None else f"{self.name!r}, label {self.label!r}"


@dataclass(frozen=True)
class ModelOutput:
    """One output of one signature, strings of shape [N] for N photographs."""

    signature_name: str
    name: str


MASKS = ModelOutput("serving_default", "mask_png_bytes")
RUN_LENGTHS = ModelOutput("rle", "rle")
# The input of both.
PHOTOGRAPHS = "image_bytes"
