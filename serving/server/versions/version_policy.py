"""Which of the versions on the disk a model wants to serve: the newest ones, all, or named ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class VersionPolicy:
    """One of TensorFlow Serving's three policies; as it stands, "latest 1".

    Attributes:
        num_versions: Serve this many of the newest; None serves all.
        versions: Serve these, and only these, if not None.
    """

    num_versions: int | None = 1
    versions: frozenset[int] | None = None

    @classmethod
    def from_proto(cls, policy: Any) -> VersionPolicy:
        """Reads a ServableVersionPolicy; one without a choice is "latest 1".

        Args:
            policy: A ``FileSystemStoragePathSourceConfig.ServableVersionPolicy``.

        Returns:
            The policy.
        """
        choice = policy.WhichOneof("policy_choice")
        if choice == "all":
            return cls(num_versions=None)
        if choice == "specific":
            return cls(num_versions=None, versions=frozenset(policy.specific.versions))
        # TensorFlow Serving takes "latest 0" for "latest 1".
        return cls(num_versions=max(policy.latest.num_versions, 1))

    def wanted(self, on_disk: Iterable[int]) -> list[int]:
        """Chooses among the versions on the disk.

        Args:
            on_disk: Their numbers.

        Returns:
            Those to serve, the newest first.
        """
        newest_first = sorted(on_disk, reverse=True)
        if self.versions is not None:
            return [version for version in newest_first if version in self.versions]
        return newest_first[: self.num_versions]
