"""What ``--model`` can say: a folder, or a server, with or without a name for the tables."""

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s/:=\[\]]+):([0-9]{1,5})")
_NAMED = re.compile(r"([\w.-]+)=(.+)")
# Folders that say where in a model's files one is, not which model it is.
_NAMELESS = re.compile(r"[0-9]+|Format-Serving|model")


class UnusableArgument(ValueError):
    """The flags do not say which models are meant."""


@dataclass(frozen=True)
class ModelArgument:
    """One model to score.

    Attributes:
        name: In tables and files; unique.
        place: Folder of a SavedModel or of numbered versions, or HOST:PORT.
        is_server: Whether it is the latter.
    """

    name: str
    place: str
    is_server: bool


def parse_models(texts: Sequence[str]) -> list[ModelArgument]:
    """Reads what the user gave.

    An existing path is a folder, everything else must look like HOST:PORT. Models without a name
    get that of the last folder that tells one, and of whatever tells equals apart.

    Args:
        texts: ``PLACE`` or ``NAME=PLACE``.

    Raises:
        UnusableArgument: Says which text, and why.
    """
    parsed = [_parse(text) for text in texts]
    for place, count in Counter(place for _, place, _ in parsed).items():
        if count > 1:
            raise UnusableArgument(f"{place} is given {count} times")
    folders = [
        Path(place).resolve() for name, place, is_server in parsed if not (name or is_server)
    ]
    names_of_folders = iter(_names(folders))
    models = [
        ModelArgument(name or (place if is_server else next(names_of_folders)), place, is_server)
        for name, place, is_server in parsed
    ]
    for name, count in Counter(model.name for model in models).items():
        if count > 1:
            raise UnusableArgument(
                f"{count} models would be called {name}: name them with --model NAME=PLACE"
            )
    return models


def _parse(text: str) -> tuple[str, str, bool]:
    """Returns name (empty where there is none), place, and whether that is a server."""
    name, place = "", text
    named = _NAMED.fullmatch(text)
    if named and not os.path.exists(text):
        name, place = named.groups()
    if os.path.isdir(place):
        return name, place, False
    if os.path.exists(place):
        raise UnusableArgument(f"{place} is a file; give the folder of a SavedModel")
    server = _SERVER.fullmatch(place)
    if server is None or not 0 < int(server[2]) < 65536:
        raise UnusableArgument(
            f"there is no folder {place}, and a server is written HOST:PORT, e.g. 127.0.0.1:8500"
        )
    return name, place, True


def _names(folders: Sequence[Path]) -> list[str]:
    """Names folders so that those of one name are told apart by where their paths differ."""
    short = [
        next((part for part in reversed(path.parts) if not _NAMELESS.fullmatch(part)), "model")
        for path in folders
    ]
    names = []
    for own, path in zip(short, folders, strict=True):
        equals = [other.parts for other, name in zip(folders, short, strict=True) if name == own]
        start = len(os.path.commonprefix(equals))
        end = len(os.path.commonprefix([parts[start:][::-1] for parts in equals]))
        differs = path.parts[start : len(path.parts) - end]
        names.append("-".join([own, *differs]) if len(equals) > 1 else own)
    return names
