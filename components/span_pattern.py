"""What ``photos/span-{SPAN}`` says: TFX's placeholders for folders that arrive one after another.

They mean what they mean to TFX's ExampleGens: ``{SPAN}`` and ``{VERSION}`` a number, ``{SPAN:3}``
one of three digits, ``{YYYY}``, ``{MM}`` and ``{DD}`` a date, whose span is the number of days
since 1970-01-01. https://www.tensorflow.org/tfx/guide/examplegen#span
"""

import datetime
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

from components.folder_files import UnusableFolder

_PLACEHOLDER = re.compile(r"\{(?P<name>[A-Z]+)(?::(?P<width>[^}]*))?\}")
_NUMBERS = ("SPAN", "VERSION")
_DATE = {"YYYY": 4, "MM": 2, "DD": 2}  # Digits.
_FIRST_DAY = datetime.date(1970, 1, 1)


@dataclass(frozen=True)
class SpanPattern:
    """A path with placeholders.

    Attributes:
        text: As the user wrote it.
        base: The folder before the first name with a placeholder; empty for the current one.
        names: That name and all behind it.
    """

    text: str
    base: str
    names: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "SpanPattern":
        """Takes a pattern apart.

        Args:
            text: Such as ``photos/span-{SPAN:3}/v{VERSION}`` or ``gs://bucket/{YYYY}-{MM}-{DD}``.

        Raises:
            UnusableFolder: If TFX would not take it either, or it names files instead of folders.
        """
        matches = list(_PLACEHOLDER.finditer(text))
        _check_names(text, [match["name"] for match in matches])
        _check_widths(text, matches)
        if "*" in text:
            raise UnusableFolder(
                f"{text}: holds a *; name the folders that train/ lies in: photos/span-{{SPAN}}"
            )
        names = text.rstrip("/").split("/")
        first = next(place for place, name in enumerate(names) if is_span_pattern(name))
        base = "/".join(names[:first])
        if "://" in text and "://" not in base:
            raise UnusableFolder(f"{text}: a placeholder must not stand for the bucket or server")
        return cls(text, base or ("/" if first else ""), tuple(names[first:]))

    def span_and_version(self, path: str) -> tuple[int, int | None]:
        """Reads the numbers from a folder's path.

        Args:
            path: What stands for ``names``, joined by slashes.

        Returns:
            Span and version; the latter is None where the pattern has none.

        Raises:
            UnusableFolder: If the path does not fit.
        """
        match = re.fullmatch(_translated("/".join(self.names), _digits, re.escape), path)
        if match is None:
            raise UnusableFolder(
                f"{self.text}: {path} is not numbered like that; rename it, or move it away (names "
                "that begin with a dot are passed over)"
            )
        value = {name: int(digits) for name, digits in match.groupdict().items()}
        if "SPAN" in value:
            return value["SPAN"], value.get("VERSION")
        try:
            date = datetime.date(value["YYYY"], value["MM"], value["DD"])
        except ValueError as error:
            raise UnusableFolder(f"{self.text}: {path} is no date: {error}") from error
        if date < _FIRST_DAY:
            raise UnusableFolder(f"{self.text}: {path} lies before {_FIRST_DAY}, where spans begin")
        return (date - _FIRST_DAY).days, value.get("VERSION")


def is_span_pattern(data: str) -> bool:
    """Returns whether a path has a placeholder, known or not."""
    return _PLACEHOLDER.search(data) is not None


def may_fit(name: str, pattern_name: str) -> bool:
    """Returns whether a name would fit if anything could stand for the placeholders.

    Args:
        name: Of a folder.
        pattern_name: The one of ``SpanPattern.names`` at its place.
    """
    return re.fullmatch(_translated(pattern_name, lambda _: ".*", re.escape), name) is not None


def with_wildcards(pattern_name: str, literal: Callable[[str], str]) -> str:
    """Returns a name of a pattern with ``*`` for each placeholder.

    Args:
        pattern_name: One of ``SpanPattern.names``, or several joined.
        literal: Makes the text between the placeholders safe.
    """
    return _translated(pattern_name, lambda _: "*", literal)


def _translated(
    pattern: str,
    placeholder: Callable[[re.Match[str]], str],
    literal: Callable[[str], str],
) -> str:
    parts, end = [], 0
    for match in _PLACEHOLDER.finditer(pattern):
        parts += [literal(pattern[end : match.start()]), placeholder(match)]
        end = match.end()
    return "".join([*parts, literal(pattern[end:])])


def _digits(match: re.Match[str]) -> str:
    width = _DATE.get(match["name"]) or match["width"]
    return f"(?P<{match['name']}>[0-9]{f'{{{width}}}' if width else '+'})"


def _check_names(text: str, found: list[str]) -> None:
    known = (*_NUMBERS, *_DATE)
    if unknown := [name for name in found if name not in known]:
        raise UnusableFolder(
            f"{text}: {{{unknown[0]}}} is no placeholder; there are "
            + ", ".join(f"{{{name}}}" for name in known)
        )
    if repeated := [name for name in found if found.count(name) > 1]:
        raise UnusableFolder(f"{text}: {{{repeated[0]}}} may stand there only once")
    dates = [name for name in found if name in _DATE]
    if dates and ("SPAN" in found or len(dates) < len(_DATE)):
        raise UnusableFolder(
            f"{text}: a date needs {{YYYY}}, {{MM}} and {{DD}}, and no {{SPAN}} beside them"
        )
    if not dates and "SPAN" not in found:
        raise UnusableFolder(f"{text}: {{VERSION}} needs {{SPAN}} or a date beside it")


def _check_widths(text: str, matches: list[re.Match[str]]) -> None:
    for match in matches:
        is_fit = match["name"] in _NUMBERS and re.fullmatch("[1-9][0-9]?", match["width"] or "")
        if match["width"] is not None and not is_fit:
            raise UnusableFolder(
                f"{text}: {match[0]} has no such width; {{SPAN:3}} and {{VERSION:3}} take 1 to 99"
            )
    for left, right in itertools.pairwise(matches):
        if left.end() == right.start() and left["name"] in _NUMBERS and left["width"] is None:
            raise UnusableFolder(
                f"{text}: nothing tells where {left[0]} ends; give it a width, such as "
                f"{{{left['name']}:3}}"
            )
