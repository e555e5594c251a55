"""A page of another tool beside the report's own, and how the report leads there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """Something that the report links.

    Attributes:
        name: Of the link, plain text.
        file: Beside ``index.html``; empty where the view could not be made.
        note: What is there, and what it needs; or why it is not there, and what to do instead.
        content: Of the file; empty where there is none.
    """

    name: str
    file: str
    note: str
    content: bytes = b""
