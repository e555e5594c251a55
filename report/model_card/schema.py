"""The JSON schema of model_card.json, for whoever reads it without this code.

``python -m report.model_card.schema > docs/model_card.schema.json`` writes it.
"""

import sys

from pipeline.described_schema import described_schema
from report.model_card.document import (
    MODEL_CARD_DOCUMENT,
    ConfidenceInterval,
    Considerations,
    Dataset,
    KeyValue,
    License,
    ModelCardDocument,
    ModelDetails,
    ModelParameters,
    Owner,
    PerformanceMetric,
    QuantitativeAnalysis,
    Risk,
    Statement,
    Version,
)

_PARTS = (
    ConfidenceInterval,
    Considerations,
    Dataset,
    KeyValue,
    License,
    ModelDetails,
    ModelParameters,
    Owner,
    PerformanceMetric,
    QuantitativeAnalysis,
    Risk,
    Statement,
    Version,
)


def model_card_schema() -> str:
    """Returns the schema as JSON text; what a field means comes from its class's docstring."""
    return described_schema(MODEL_CARD_DOCUMENT, ModelCardDocument, *_PARTS)


if __name__ == "__main__":
    sys.stdout.write(model_card_schema())
