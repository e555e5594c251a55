"""A part of a page under a heading of its own; every page is a row of them."""

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True)
class Section:
    """One part of a page.

    Attributes:
        identity: Unique on the page; ``page.html#identity`` leads there.
        title: The heading, plain text.
        html: What stands below it. Build it with ``report.template.render``, which escapes.
    """

    identity: str
    title: str
    html: Markup
