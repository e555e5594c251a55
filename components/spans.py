"""Finds the folders of a pattern such as ``photos/span-{SPAN}``, and which of them a run takes.

New photographs arrive as a folder of their own, a span. A retraining takes the newest, or a rolling
window of them; TFX's ExampleGens take one span only.
"""

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass

from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems

from components.folder_files import (
    UnusableFolder,
    folders_in,
    has_folders,
    is_local,
    matching,
)
from components.span_pattern import SpanPattern, is_span_pattern, may_fit, with_wildcards
from pipeline.config import SpanConfig

_NAMED = 20


@dataclass(frozen=True)
class Span:
    """A folder to take.

    Attributes:
        number: Of the span; of a date the days since 1970-01-01; 0 of a folder without a pattern.
        version: The highest of that span; None where the pattern has none.
        path: The folder: Kaggle's layout, or TFRecord files.
    """

    number: int
    version: int | None
    path: str


def resolve_spans(data: str, config: SpanConfig) -> tuple[Span, ...]:
    """Returns the folders that a run takes.

    Args:
        data: A folder, or a pattern, see components/span_pattern.py; a local path or a URL.
        config: Says which.

    Returns:
        At least one; the newest is the last.

    Raises:
        UnusableFolder: If the pattern is none, no folder fits, one is numbered wrongly, or the
            span that is asked for is not there.
    """
    if not is_span_pattern(data) or (is_local(data) and os.path.isdir(data)):
        if config.span > 0:
            raise UnusableFolder(
                f"{data}: data.spans.span={config.span} asks for a span, but the path has no "
                "placeholder such as {SPAN}"
            )
        has_folders(data)  # Says at once if there is no such file system.
        return (Span(0, None, data),)
    pattern = SpanPattern.parse(data)
    newest = _newest_versions(pattern)
    if not newest:
        raise UnusableFolder(
            f"{data}: no folder fits; there should be one such as "
            + with_wildcards(data, str).replace("*", "1")
        )
    if config.span >= 0 and config.span not in newest:
        numbers = ", ".join(map(str, sorted(newest)[-_NAMED:]))
        raise UnusableFolder(
            f"{data}: there is no span {config.span}, which data.spans.span asks for; there are "
            + (f"... {numbers}" if len(newest) > _NAMED else numbers)
        )
    until = max(newest) if config.span < 0 else config.span
    taken = [newest[number] for number in sorted(newest) if number <= until]
    return tuple(taken[-config.window :] if config.window else taken)


def _newest_versions(pattern: SpanPattern) -> dict[int, Span]:
    """Returns the highest version of each span, by number."""
    newest: dict[int, Span] = {}
    for path in sorted(_fitting_folders(pattern)):
        number, version = pattern.span_and_version(path)
        folder = FileSystems.join(pattern.base, path) if pattern.base else path
        span = Span(number, version, folder)
        other = newest.setdefault(number, span)
        if other is span:
            continue
        if other.version == version:
            raise UnusableFolder(
                f"{pattern.text}: {other.path} and {folder} have the same number; remove one, or "
                "say how many digits it has, such as {SPAN:3}"
            )
        newest[number] = max(other, span, key=lambda each: each.version or 0)
    return newest


def _fitting_folders(pattern: SpanPattern) -> set[str]:
    """Returns what stands for the pattern's names, joined by slashes, numbered rightly or not."""
    if not has_folders(pattern.text):
        return _fitting_prefixes(pattern)
    paths = [""]
    for name in pattern.names:
        paths = [
            f"{path}/{found}".lstrip("/")
            for path in paths
            for found in _names_below(os.path.join(pattern.base, path) or ".", name)
        ]
    return set(paths)


def _names_below(folder: str, pattern_name: str) -> Iterator[str]:
    """Yields the folders' names that fit one name of the pattern."""
    return (name for name in folders_in(folder) if may_fit(name, pattern_name))


def _fitting_prefixes(pattern: SpanPattern) -> set[str]:
    """Does the same on an object store, where a folder is what names have in common."""
    names = with_wildcards("/".join(pattern.names), glob.escape)
    wanted = f"{glob.escape(pattern.base)}/{names}"
    depth, found = pattern.base.count("/") + 1, set()
    try:
        for place in ("train/*", "*"):
            for file in matching(f"{wanted}/{place}"):
                names = file.path.split("/")[depth : depth + len(pattern.names)]
                if not any(name.startswith(".") for name in names):
                    found.add("/".join(names))
    except BeamIOError as error:
        raise UnusableFolder(f"{pattern.text}: cannot be listed: {error}") from error
    return found
