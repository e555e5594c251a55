"""Fills markdown templates; whatever comes from the data is escaped on the way.

Markdown is not HTML: a make called ``*`` or a file name with ``|`` in it is a list or a column
there. As in ``report.template``, only text that is said to be markdown goes in as it is.
"""

import functools
import re
from collections.abc import Iterable, Sized

from jinja2 import Environment, PackageLoader, StrictUndefined

# What begins something inside a line (CommonMark 0.31, GitHub's tables, strike-through and maths).
_INLINE = re.compile(r"[\\`*\[\]<>&|~$]|(?<![^\W_])_|_(?![^\W_])")
# What GitHub makes a link or a mention of without being asked.
_LINKS = re.compile(r"(?i)(?<=http)(?=:)|(?<=https)(?=:)|(?<=ftp)(?=:)|(?<=\bwww)(?=\.)|(?=@)")
# What begins a heading, a list, a rule or a table's second line at the beginning of a line.
_BLOCK = re.compile(r"^(?:(\d+)(?=[.)])|(?=[-+#=:]))")
# Line ends are blanks by then; nobody can see these, and some turn what follows them around.
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class Markdown(str):
    """Text that is markdown already; no text from the data ever is."""

    __slots__ = ()


def escape_markdown(text: str) -> Markdown:
    """Returns markdown that shows a text as it is, in one line.

    It may stand in a paragraph, a list or a table's cell, but not begin one of the first two: what
    begins a line is only escaped by ``paragraphs``.

    Args:
        text: Anything. Runs of white space become one blank, invisible characters ``U+FFFD``.
    """
    line = _INVISIBLE.sub("\ufffd", " ".join(text.split()))
    return Markdown(_LINKS.sub(r"\\", _INLINE.sub(r"\\\g<0>", line)))


def paragraphs(text: str) -> Markdown:
    """Returns markdown that shows a text as paragraphs; an empty line begins one."""
    parts = (escape_markdown(part) for part in re.split(r"\n\s*\n", text) if part.strip())
    return Markdown("\n\n".join(_BLOCK.sub(r"\1\\", part) for part in parts))


def table_row(cells: Iterable[object]) -> Markdown:
    """Returns a row of a table; every cell is escaped."""
    return Markdown("| " + " | ".join(str(_escaped(cell)) for cell in cells) + " |")


def table_rule(headings: Sized) -> Markdown:
    """Returns the line between a table's headings and its rows."""
    return Markdown("|" + "---|" * len(headings))


def render_markdown(name: str, **values: object) -> str:
    """Fills a template.

    Args:
        name: File in report/templates/.
        **values: What it uses; strings that are no ``Markdown`` are escaped.

    Raises:
        jinja2.UndefinedError: If the template uses a value that is not given.
    """
    return _environment().get_template(name).render(values)


def _escaped(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markdown):
        return escape_markdown(value)
    return value


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("report"),
        # Of HTML: what is written here is markdown.
        autoescape=False,
        finalize=_escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "paragraphs": paragraphs,
        "table_row": table_row,
        "table_rule": table_rule,
    }
    return environment
