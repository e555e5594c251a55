"""Counts how the photographs of a run went."""

from dataclasses import dataclass


@dataclass
class RunTally:
    """The counts of a run.

    Attributes:
        masked: Photographs that have their result now.
        already_there: Photographs that had it before.
        failed: Photographs that were refused or failed.
        not_done: Photographs that the run did not come to.
    """

    masked: int = 0
    already_there: int = 0
    failed: int = 0
    not_done: int = 0

    def __str__(self) -> str:
        """Returns the counts for the summary; what is usual is not mentioned."""
        parts = [f"{self.masked} masked"]
        if self.already_there:
            parts.append(f"{self.already_there} already there")
        parts.append(f"{self.failed} failed")
        if self.not_done:
            parts.append(f"{self.not_done} not done")
        return ", ".join(parts)
