"""The JSON schema of verdict.json, for whoever reads it without this code.

``python -m evaluation.verdict_schema > docs/verdict.schema.json`` writes it.
"""

import inspect
import json
import re
import sys
from typing import Any

from evaluation.bootstrap import Interval
from evaluation.clause import Clause
from evaluation.model_figures import ModelFigures
from evaluation.verdict import VERDICT, Verdict

_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n {5,}.+)*)", re.MULTILINE)


def verdict_schema() -> str:
    """Returns the schema as JSON text; what a field means comes from its class's docstring."""
    schema = VERDICT.json_schema(mode="serialization")
    _describe(schema, Verdict)
    for cls in (Clause, Interval, ModelFigures):
        _describe(schema["$defs"][cls.__name__], cls)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2) + "\n"


def _describe(schema: dict[str, Any], cls: type) -> None:
    summary, _, attributes = inspect.getdoc(cls).partition("\n\nAttributes:\n")  # type: ignore[union-attr]
    schema["description"] = " ".join(summary.split())
    for name, text in _ATTRIBUTE.findall(attributes):
        schema["properties"][name]["description"] = " ".join(text.split())


if __name__ == "__main__":
    sys.stdout.write(verdict_schema())
