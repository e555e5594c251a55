"""Photographs that cannot be used, each with its reason: bad input is data."""

import enum
from dataclasses import dataclass

from tfx import v1 as tfx


class Reason(enum.Enum):
    """Why a file was set aside."""

    STRAY_FILE = "neither photograph nor mask"
    NAME = "name does not parse"
    DUPLICATE_ID = "duplicate id"
    UNREADABLE = "unreadable file"
    UNDECODABLE_IMAGE = "undecodable image"
    TRUNCATED_IMAGE = "truncated image"
    TOO_LARGE = "image over the limits"
    MISSING_MASK = "missing mask"
    UNDECODABLE_MASK = "undecodable mask"
    MASK_SIZE = "mask of another size"
    MASK_VALUES = "mask is not two-valued"
    EMPTY_MASK = "empty mask"
    ORPHAN_MASK = "mask without photograph"
    BROKEN_CONTRACT = "example breaks the contract"
    SUPERSEDED = "superseded by a newer span"

    @property
    def loses_a_photograph(self) -> bool:
        """Whether it counts towards the share of photographs that may be set aside."""
        return self not in (Reason.STRAY_FILE, Reason.ORPHAN_MASK, Reason.SUPERSEDED)


@dataclass(frozen=True)
class QuarantinedFile:
    """One line of the quarantine list.

    Attributes:
        file: Path of the file, or of the record file and the record's id.
        reason: The kind of fault.
        detail: What exactly was found.
    """

    file: str
    reason: Reason
    detail: str


class UnusablePhotograph(Exception):
    """Raised while a photograph is turned into an example; ends in the quarantine list."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """Makes the exception; the arguments are those of QuarantinedFile."""
        super().__init__(f"{reason.value}: {detail}")
        self.reason = reason
        self.detail = detail


class Quarantine(tfx.dsl.Artifact):
    """Artifact: what PhotographExampleGen set aside, and what it counted.

    ``quarantine.jsonl`` holds one QuarantinedFile a line; ``counts.json`` the photographs, groups
    per split and groups without metadata.
    """

    TYPE_NAME = "components.Quarantine"


QUARANTINE_FILE = "quarantine.jsonl"
COUNTS_FILE = "counts.json"
