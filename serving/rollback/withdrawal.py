"""What is remembered of a version that was taken back.

    serving_models/mask/17                  a version that servers load
    serving_models/withdrawn/mask/18        one that was taken back, as it was
    serving_models/withdrawn/mask/withdrawal-18.json
                                            when, why, and which model it is

It lies beside the serving directory, and nowhere else: a rollback is possible where the pipeline's
metadata cannot be reached, and the pipeline, which pushes there, sees it in its next run. A version
counts as withdrawn while it has a record and does not lie in the serving directory; so a move that
was killed half-way has not happened.
"""

import dataclasses
import json
import os
import re
from dataclasses import dataclass
from typing import Any

from serving.rollback.files import Files, ReadableFiles

_VERSION = re.compile(r"\d+")
_RECORD = re.compile(r"withdrawal-(\d+)\.json")


class BrokenRecord(ValueError):
    """A withdrawal cannot be read; the message names the file."""


@dataclass(frozen=True)
class Withdrawal:
    """That a version was taken back.

    Attributes:
        version: Its number.
        withdrawn: When, as 2026-11-23T19:40:12+00:00.
        reason: In the words of who did it; empty where nothing was said.
        served_instead: The version that servers went back to.
        model: ``serving.rollback.model_digest`` of it: by this the Pusher knows the model again.
    """

    version: int
    withdrawn: str
    reason: str
    served_instead: int
    model: str

    def __str__(self) -> str:
        """The whole, in a sentence without its end."""
        moment = self.withdrawn[:16].replace("T", " ")
        why = f": {self.reason}" if self.reason else ""
        return f"version {self.version} was withdrawn on {moment} UTC{why}"


def withdrawn_folder(base: str) -> str:
    """Returns where the withdrawn versions of a serving directory lie.

    Args:
        base: The serving directory, such as ``serving_models/mask``.
    """
    parent, name = os.path.split(base.rstrip("/"))
    return os.path.join(parent, "withdrawn", name)


def versions_in(folder: str, files: ReadableFiles) -> tuple[int, ...]:
    """Returns the version directories in a folder, ascending; none where there is no folder.

    A name with leading zeros is none of the pipeline's and is passed over.
    """
    names = (
        [str(name).rstrip("/") for name in files.listdir(folder)] if files.exists(folder) else []
    )
    numbers = [
        int(name)
        for name in names
        if _VERSION.fullmatch(name)
        and str(int(name)) == name
        and files.isdir(os.path.join(folder, name))
    ]
    return tuple(sorted(numbers))


def withdrawals(base: str, files: ReadableFiles) -> dict[int, Withdrawal]:
    """Reads which versions are withdrawn, by number.

    Args:
        base: The serving directory; a path or URL.
        files: Where it lies.

    Raises:
        BrokenRecord: If a record cannot be read.
    """
    folder = withdrawn_folder(base)
    if not files.exists(folder):
        return {}
    served = versions_in(base, files)
    found = {}
    for name in sorted(str(name).rstrip("/") for name in files.listdir(folder)):
        match = _RECORD.fullmatch(name)
        if match and int(match[1]) not in served:
            found[int(match[1])] = _read(os.path.join(folder, name), files)
    return found


def read_withdrawal(base: str, version: int, files: ReadableFiles) -> Withdrawal | None:
    """Returns a version's record, also where the version lies in the serving directory; or None.

    Raises:
        BrokenRecord: If it cannot be read.
    """
    path = _record_path(base, version)
    return _read(path, files) if files.exists(path) else None


def write_withdrawal(base: str, record: Withdrawal, files: Files) -> None:
    """Writes a record, at once and whole."""
    folder = withdrawn_folder(base)
    files.makedirs(folder)
    hidden = os.path.join(folder, f".withdrawal-{record.version}.json")
    with files.open(hidden, "w") as file:
        file.write(json.dumps(dataclasses.asdict(record), indent=2) + "\n")
    files.replace(hidden, _record_path(base, record.version))


def remove_withdrawal(base: str, version: int, files: Files) -> None:
    """Removes a record."""
    files.remove(_record_path(base, version))


def _record_path(base: str, version: int) -> str:
    return os.path.join(withdrawn_folder(base), f"withdrawal-{version}.json")


def _read(path: str, files: ReadableFiles) -> Withdrawal:
    try:
        with files.open(path, "rb") as file:
            fields: dict[str, Any] = json.loads(file.read())
        record = Withdrawal(**fields)
    except (ValueError, TypeError) as error:
        raise BrokenRecord(
            f"{path} is no record of a withdrawn version ({error}); mend it, or move it away and "
            "the version counts as never withdrawn"
        ) from error
    wrong = [
        name
        for name, kind in Withdrawal.__annotations__.items()
        if not isinstance(getattr(record, name), kind)
    ]
    if wrong:
        raise BrokenRecord(f"{path}: {', '.join(wrong)} is of another type than a rollback writes")
    return record
