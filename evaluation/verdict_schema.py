"""The JSON schema of verdict.json, for whoever reads it without this code.

``python -m evaluation.verdict_schema > docs/verdict.schema.json`` writes it.
"""

import sys

from evaluation.bootstrap import Interval
from evaluation.clause import Clause
from evaluation.model_figures import ModelFigures
from evaluation.verdict import VERDICT, Verdict
from pipeline.described_schema import described_schema


def verdict_schema() -> str:
    """Returns the schema as JSON text; what a field means comes from its class's docstring."""
    return described_schema(VERDICT, Verdict, Clause, Interval, ModelFigures)


if __name__ == "__main__":
    sys.stdout.write(verdict_schema())
