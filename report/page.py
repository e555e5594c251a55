"""Puts sections together into one HTML file that needs nothing beside itself."""

from collections.abc import Sequence

from report.part import Part
from report.section import Section
from report.template import render


def page_of(title: str, about: str, sections: Sequence[Section]) -> bytes:
    """Makes a page.

    Args:
        title: Heading of the page, plain text.
        about: A sentence below it, plain text.
        sections: In the order in which they are shown.

    Returns:
        The HTML file, UTF-8. Text that UTF-8 cannot hold, as Python keeps file names that are not
        Unicode, is shown with backslashes.

    Raises:
        ValueError: If two sections have the same identity.
    """
    return page_of_parts(title, about, [Part("", tuple(sections))])


def page_of_parts(title: str, about: str, parts: Sequence[Part]) -> bytes:
    """Makes a page whose table of contents is grouped.

    Args:
        title: See ``page_of``.
        about: The same.
        parts: In the order in which they are shown; one without sections is left out.

    Returns:
        The HTML file, see ``page_of``.

    Raises:
        ValueError: If two sections have the same identity.
    """
    identities = [section.identity for part in parts for section in part.sections]
    if len(set(identities)) < len(identities):
        raise ValueError(f"two sections of {title} have the same identity: {identities}")
    html = render("page.html", title=title, about=about, parts=parts)
    return html.encode(errors="backslashreplace")
