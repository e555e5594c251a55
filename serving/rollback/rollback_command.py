"""What ``studio-mask rollback`` does: flags to moves, its end to lines and an exit code.

Libraries that take seconds to import are imported only where they are needed: whoever rolls back is
in a hurry.
"""

import json
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from serving.rollback.blessing_evidence import blessing_evidence
from serving.rollback.files import files_of
from serving.rollback.version_history import RollbackRefused, VersionHistory
from serving.rollback.withdrawal import BrokenRecord, withdrawn_folder

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2


class RollbackFailed(click.ClickException):
    """The command ends with a line for the user and exit code 1."""


def run(
    base: str,
    *,
    to: int | None,
    reason: str,
    restore: int | None,
    show: bool,
    metadata: str | None,
    unproven: bool,
) -> None:
    """Runs the command.

    Args:
        base: The serving directory; a path or URL.
        to: Version to go back to; None for the last before the served one.
        reason: Why.
        restore: Version to put back instead.
        show: Only tell which versions there are.
        metadata: The pipeline's store, see ``pipeline.lineage_store``; None looks for it above.
        unproven: Go back even to a version of which nobody says that it was blessed.

    Raises:
        RollbackFailed: If it cannot be done.
    """
    history = VersionHistory(base.rstrip("/"), files_of(base))
    if not history.files.isdir(base):
        raise RollbackFailed(f"{base} is no folder; name the one that holds the version folders")
    try:
        if show:
            _show(history)
        elif restore is not None:
            _restore(history, restore)
        else:
            _roll_back(history, to, reason, metadata, unproven)
    except (RollbackRefused, BrokenRecord) as error:
        raise RollbackFailed(str(error)) from error
    except OSError as error:
        raise RollbackFailed(f"{base}: {error}") from error


def _roll_back(
    history: VersionHistory, to: int | None, reason: str, metadata: str | None, unproven: bool
) -> None:
    version = history.earlier(to)
    if not unproven:
        store = _store(history.base, metadata)
        evidence = blessing_evidence(history.base, version, history.files, store)
        if evidence is None:
            told = (
                "ML Metadata knows no push of it"
                if store is not None
                else "it has no model_card.json, and there is no ML Metadata to ask here "
                "(--metadata names one)"
            )
            raise RollbackRefused(
                f"nobody says that version {version} was blessed: {told}. Choose another with "
                "--to, or take it all the same with --unproven"
            )
        click.echo(f"Version {version} was blessed: {evidence} says so.")
    taken = history.roll_back(version, reason, datetime.now(timezone.utc))
    moved = ", ".join(map(str, taken))
    click.echo(f"Withdrawn to {withdrawn_folder(history.base)}: {moved}")
    click.echo(
        f"Version {version} is the newest in {history.base}: servers load it at their next look, "
        "and the next run compares with it."
    )
    click.echo(f"To undo: studio-mask rollback {history.base} --restore {taken[-1]}")


def _restore(history: VersionHistory, version: int) -> None:
    record = history.restore(version)
    click.echo(f"Restored: {record}")
    newest = history.versions[-1]
    click.echo(f"Version {newest} is the newest in {history.base}: servers load it.")


def _show(history: VersionHistory) -> None:
    versions, withdrawn = history.versions, history.withdrawn
    if not versions and not withdrawn:
        click.echo(f"{history.base} holds no version.")
    for version in sorted({*versions, *withdrawn}):
        path = history.path(version)
        state = "served" if versions and version == versions[-1] else "earlier"
        if version in withdrawn:
            path = os.path.join(withdrawn_folder(history.base), str(version))
            state = str(withdrawn[version]).partition(" was ")[2]
        click.echo(f"{version}  {_dice(history, path)}  {state}")


def _dice(history: VersionHistory, path: str) -> str:
    """Returns the Dice that the card in a version's folder states."""
    card = os.path.join(path, "model_card.json")
    if not history.files.exists(card):
        return "no card    "
    with history.files.open(card, "rb") as file:
        try:
            stated: dict[str, Any] = json.loads(file.read())
            metrics = stated["quantitative_analysis"]["performance_metrics"]
        except (ValueError, KeyError, TypeError):
            return "broken card"
    dice = [each["value"] for each in metrics if each["type"] == "dice" and not each.get("slice")]
    return f"Dice {float(dice[0]):.4f}" if dice else "no Dice    "


def _store(base: str, given: str | None) -> "metadata_store_pb2.ConnectionConfig | None":
    """Returns the pipeline's store, where one is named or lies above; else None."""
    if given is None and ("://" in base or not _lies_in_a_workdir(base)):
        return None
    from pipeline.lineage_store import open_store
    from pipeline.metadata_connection import UnusableMetadata

    try:
        return open_store(base, given)
    except UnusableMetadata as error:
        raise RollbackRefused(str(error)) from error


def _lies_in_a_workdir(base: str) -> bool:
    workdir = os.path.dirname(os.path.dirname(os.path.abspath(base)))
    return os.path.isfile(os.path.join(workdir, "metadata.sqlite"))
