"""What ``studio-mask lineage`` does: a folder to what made the model in it.

ML Metadata is imported when it is asked, TensorFlow and TFX not at all.
"""

import dataclasses
import json
import os
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from pipeline.card_lineage import CardLineage, lineage_of_card
from serving.rollback.files import Files, files_of
from serving.rollback.withdrawal import Withdrawal, versions_in, withdrawals

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2

    from pipeline.lineage_record import Lineage

_SERVABLE = "Format-Serving"
_SAVED_MODEL = "saved_model.pb"
_WITHDRAWN = "withdrawn"


class LineageUnknown(click.ClickException):
    """The command ends with a line for the user and exit code 1."""


def run(model_dir: str, *, metadata: str | None, as_json: bool) -> None:
    """Runs the command.

    Args:
        model_dir: A pushed version, a serving directory (its newest version is meant), or a
            Trainer's model; a path or URL.
        metadata: The store, see ``pipeline.lineage_store``; None looks for it above the folder.
        as_json: Print JSON.

    Raises:
        LineageUnknown: If there is no model, or nothing is known of it.
    """
    from pipeline.lineage_store import open_store
    from pipeline.metadata_connection import UnusableMetadata

    files = files_of(model_dir)
    folder = _model_folder(model_dir, files)
    try:
        store = open_store(folder, metadata)
        if store is not None:
            lineage, withdrawn = _from_store(store, folder, files)
            printed = _json_of(folder, "ML Metadata", lineage, withdrawn)
            lines = _lines(lineage, withdrawn)
        else:
            card = lineage_of_card(folder, files)
            printed = {"folder": folder, "source": "model card", **dataclasses.asdict(card)}
            lines = _lines_of_card(card)
    except UnusableMetadata as error:
        raise LineageUnknown(str(error)) from error
    except LookupError as error:
        hint = "" if metadata else "; --metadata names another store"
        raise LineageUnknown(f"{error.args[0]}{hint}") from error
    if as_json:
        click.echo(json.dumps(printed, indent=2, default=_moment))
        return
    for line in lines:
        click.echo(line)


def _model_folder(given: str, files: Files) -> str:
    """Returns the folder as the store may know it: absolute, of one model."""
    folder = given.rstrip("/") if "://" in given else os.path.abspath(given)
    if not files.isdir(folder):
        raise LineageUnknown(f"{given} is no folder")
    if os.path.basename(folder) == _SERVABLE:
        return os.path.dirname(folder)
    if files.exists(os.path.join(folder, _SAVED_MODEL)) or files.isdir(
        os.path.join(folder, _SERVABLE)
    ):
        return folder
    versions = versions_in(folder, files)
    if not versions:
        raise LineageUnknown(
            f"{given} holds neither a model nor versions of one; name a version that was pushed, "
            "or a Trainer's model"
        )
    return os.path.join(folder, str(versions[-1]))


def _from_store(
    store: "metadata_store_pb2.ConnectionConfig", folder: str, files: Files
) -> tuple["Lineage", dict[str, Withdrawal]]:
    """Asks the store; tells too which of the model's pushes were taken back."""
    from pipeline.lineage import lineage_of_model, lineage_of_push

    if files.isdir(os.path.join(folder, _SERVABLE)):
        lineage = lineage_of_model(store, folder)
    else:
        lineage = lineage_of_push(store, folder)
    known: dict[str, Withdrawal] = {}
    generation: Lineage | None = lineage
    while generation is not None:
        for push in generation.pushes:
            base, version = os.path.split(push.destination)
            record = withdrawals(base, files_of(base)).get(int(version))
            if record is not None:
                known[push.destination] = record
        generation = generation.parent
    return lineage, known


def _json_of(
    folder: str, source: str, lineage: "Lineage", withdrawn: dict[str, Withdrawal]
) -> dict[str, Any]:
    return {
        "folder": folder,
        "source": source,
        "lineage": dataclasses.asdict(lineage),
        "withdrawn": {place: dataclasses.asdict(each) for place, each in withdrawn.items()},
    }


def _lines(lineage: "Lineage", withdrawn: dict[str, Withdrawal]) -> Iterator[str]:
    from pipeline.lineage_text import lineage_lines

    return lineage_lines(lineage, {place: str(each) for place, each in withdrawn.items()})


def _lines_of_card(card: CardLineage) -> Iterator[str]:
    from pipeline.lineage_text import card_lines

    return card_lines(card)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
