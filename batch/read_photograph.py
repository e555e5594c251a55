"""A photograph of a batch run on its way from its file to the model."""

from dataclasses import dataclass

from batch.listed_photograph import ListedPhotograph
from components.quarantine import Reason


@dataclass(frozen=True)
class ReadPhotograph:
    """A photograph that was read, or could not be.

    Attributes:
        shard: Index of the shard that it is of.
        shard_size: Photographs in that shard.
        photograph: Which one.
        content: The file; empty where it could not be read.
        detail: Why it could not be; None if it could.
        seconds: That reading took.
        reason: The kind of fault, where there is one.
    """

    shard: int
    shard_size: int
    photograph: ListedPhotograph
    content: bytes
    detail: str | None
    seconds: float
    reason: Reason = Reason.UNREADABLE
