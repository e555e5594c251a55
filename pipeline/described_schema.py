"""JSON schemas of what a run leaves behind, for whoever reads it without this code.

What a field means is said once, in its class's docstring; the schema quotes it.
"""

import inspect
import json
import re
from typing import Any

from pydantic import TypeAdapter

_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {5,}.+)*)", re.MULTILINE)


def described_schema(adapter: TypeAdapter, whole: type, *parts: type) -> str:
    """Returns a schema as JSON text, with descriptions.

    Args:
        adapter: Of ``whole``.
        whole: A pydantic dataclass with a Google docstring.
        *parts: Those that it is made of.
    """
    schema = adapter.json_schema(mode="serialization")
    _describe(schema, whole)
    for part in parts:
        _describe(schema["$defs"][part.__name__], part)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2) + "\n"


def _describe(schema: dict[str, Any], cls: type) -> None:
    summary, _, attributes = inspect.getdoc(cls).partition("\n\nAttributes:\n")  # type: ignore[union-attr]
    schema["description"] = " ".join(summary.split())
    for name, text in _ATTRIBUTE.findall(attributes):
        schema["properties"][name]["description"] = " ".join(text.split())
