"""What a pushed version itself tells of its origin, where ML Metadata cannot be asked."""

import json
import os
from dataclasses import dataclass
from typing import Any

from serving.rollback.files import ReadableFiles

_CARD = "model_card.json"
# What a card has no field for.
NOT_KNOWN = (
    "the path of the photographs",
    "the whole configuration",
    "the parent, unless the fit's sentence names its weights",
    "the run and its times",
    "the digests of the other steps' code",
)


@dataclass(frozen=True)
class CardLineage:
    """What is known of a model from its card.

    Attributes:
        name: Of the model.
        digest: The first 12 digits of the SHA-256 of its graph and weights.
        fitted: The day, as 2026-11-23; empty where the card does not say.
        documentation: How it was fitted, with which versions and which code, and the verdicts.
        data: Per split, what it holds, the spans and the fingerprint, in words.
        not_known: What the card does not tell.
    """

    name: str
    digest: str
    fitted: str
    documentation: tuple[str, ...]
    data: dict[str, str]
    not_known: tuple[str, ...] = NOT_KNOWN


def lineage_of_card(version: str, files: ReadableFiles) -> CardLineage:
    """Reads the card inside a version directory.

    Args:
        version: The directory; a path or URL.
        files: Where it lies.

    Raises:
        LookupError: If there is no card, or it is not of the form of docs/model_card.md.
    """
    path = os.path.join(version, _CARD)
    if not files.exists(path):
        raise LookupError(f"{version} holds no {_CARD}")
    try:
        with files.open(path, "rb") as file:
            card: dict[str, Any] = json.loads(file.read())
        details = card["model_details"]
        return CardLineage(
            name=details["name"],
            digest=details["version"]["name"],
            fitted=details["version"].get("date", ""),
            documentation=tuple(details["documentation"].splitlines()),
            data={each["name"]: each["description"] for each in card["model_parameters"]["data"]},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LookupError(f"{path} is no model card: {error!r}") from error
