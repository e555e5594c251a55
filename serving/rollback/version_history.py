"""The versions of a serving directory, and the two moves that change which of them is served."""

import errno
import os
from dataclasses import dataclass
from datetime import datetime

from serving.rollback.files import Files, LocalFiles
from serving.rollback.model_digest import model_digest
from serving.rollback.withdrawal import (
    Withdrawal,
    read_withdrawal,
    remove_withdrawal,
    versions_in,
    withdrawals,
    withdrawn_folder,
    write_withdrawal,
)


class RollbackRefused(ValueError):
    """What was asked for cannot be done; the message says why and what can."""


@dataclass(frozen=True)
class VersionHistory:
    """A serving directory and what was withdrawn from it.

    Attributes:
        base: The serving directory, such as ``serving_models/mask``; a path or URL.
        files: Where it lies.
    """

    base: str
    files: Files

    @property
    def versions(self) -> tuple[int, ...]:
        """Those in the serving directory, ascending; servers load the last by default."""
        return versions_in(self.base, self.files)

    @property
    def withdrawn(self) -> dict[int, Withdrawal]:
        """Those that were taken back, by number."""
        return withdrawals(self.base, self.files)

    def path(self, version: int) -> str:
        """Returns where a version lies that is not withdrawn."""
        return os.path.join(self.base, str(version))

    def earlier(self, version: int | None) -> int:
        """Says which version a rollback goes back to.

        Args:
            version: The one that is wanted; None for the last before the served one.

        Raises:
            RollbackRefused: If there is no such version, or it is served already.
        """
        versions = self.versions
        if not versions:
            raise RollbackRefused(
                f"{self.base} holds no version: nothing was pushed there, or all was withdrawn"
            )
        served = versions[-1]
        if version is None:
            if len(versions) == 1:
                raise RollbackRefused(
                    f"version {served} is the only one in {self.base}: there is no earlier version "
                    "to go back to"
                )
            return versions[-2]
        if version == served:
            raise RollbackRefused(f"version {version} is the one that is served")
        if version not in versions:
            self._refuse_withdrawn(version)
            known = ", ".join(map(str, versions))
            raise RollbackRefused(f"{self.base} holds no version {version}; it holds {known}")
        return version

    def roll_back(self, version: int, reason: str, now: datetime) -> tuple[int, ...]:
        """Takes all later versions back. They are moved, never deleted.

        The oldest of them goes first: were it the newest, a server that looks meanwhile would load
        those between. Killed half-way, it is finished by being called again.

        Args:
            version: The one to go back to, see ``earlier``.
            reason: Why, for whoever asks later.
            now: When, with its time zone.

        Returns:
            The versions that were taken back, ascending.

        Raises:
            RollbackRefused: If the serving directory is a file system of its own.
            OSError: If a file cannot be read or moved.
        """
        later = tuple(each for each in self.versions if each > version)
        moment = now.isoformat(timespec="seconds")
        for each in later:
            source, target = self.path(each), self._withdrawn_path(each)
            if not self._was_copied(each):
                digest = model_digest(source, self.files)
                record = Withdrawal(each, moment, reason, version, digest)
                write_withdrawal(self.base, record, self.files)
            self._move(source, target)
        return later

    def restore(self, version: int) -> Withdrawal:
        """Puts a withdrawn version back.

        Args:
            version: Its number.

        Returns:
            What was remembered of its withdrawal.

        Raises:
            RollbackRefused: If it was not withdrawn, or is gone.
            OSError: If a file cannot be read or moved.
        """
        record = read_withdrawal(self.base, version, self.files)
        if record is None:
            known = ", ".join(map(str, self.withdrawn)) or "none"
            raise RollbackRefused(f"version {version} is not withdrawn; withdrawn are: {known}")
        source = self._withdrawn_path(version)
        if self.files.isdir(source):
            self._move(source, self.path(version))
        elif not self.files.isdir(self.path(version)):
            raise RollbackRefused(f"{source} is gone: version {version} cannot be restored")
        remove_withdrawal(self.base, version, self.files)
        return record

    def _withdrawn_path(self, version: int) -> str:
        return os.path.join(withdrawn_folder(self.base), str(version))

    def _refuse_withdrawn(self, version: int) -> None:
        record = self.withdrawn.get(version)
        if record is not None:
            raise RollbackRefused(f"{record}. If it shall be served again: --restore {version}")

    def _was_copied(self, version: int) -> bool:
        """Whether an earlier call brought all of a version to its new place before it was killed.

        What it did not come to remove is then no whole model any more.
        """
        source, target = self.path(version), self._withdrawn_path(version)
        record = read_withdrawal(self.base, version, self.files)
        return (
            record is not None
            and self.files.names(source) <= self.files.names(target)
            and model_digest(target, self.files) == record.model
        )

    def _move(self, source: str, target: str) -> None:
        if isinstance(self.files, LocalFiles):
            self._rename(source, target)
            return
        # Where nothing can be renamed at once: all of it in its new place, and only then removed.
        for name in sorted(self.files.names(source)):
            self.files.copy(os.path.join(source, name), os.path.join(target, name))
        self.files.rmtree(source)

    def _rename(self, source: str, target: str) -> None:
        try:
            self.files.rename(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            raise RollbackRefused(
                f"{os.path.dirname(source)} and {os.path.dirname(target)} are on two file systems, "
                "so that nothing can be moved at once; call this where the folder above the "
                "serving directory is, not where the serving directory alone is mounted"
            ) from error
