"""Where one version of a model is in its life, as GetModelStatus tells it."""

import enum
from dataclasses import dataclass

from serving.errors import ServingError


class VersionState(enum.IntEnum):
    """The stations of a version; names and numbers are those of ModelVersionStatus.State."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclass(frozen=True)
class VersionStatus:
    """One version at one moment.

    Attributes:
        version: The version's number.
        state: Where it is in its life.
        error: Why it ended, if it could not be loaded.
    """

    version: int
    state: VersionState
    error: ServingError | None = None
