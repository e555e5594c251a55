"""Sections that belong together in a page's table of contents."""

from dataclasses import dataclass

from report.section import Section


@dataclass(frozen=True)
class Part:
    """A group of sections.

    Attributes:
        title: In the table of contents, plain text.
        sections: In the order in which they are shown.
    """

    title: str
    sections: tuple[Section, ...]
