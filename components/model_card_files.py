"""The artifact that holds a model card, and what its files are called wherever they lie."""

from typing import Final

from tfx import v1 as tfx

MARKDOWN_FILE: Final = "model_card.md"
JSON_FILE: Final = "model_card.json"
CARD_FILES: Final = (MARKDOWN_FILE, JSON_FILE)


class ModelCardFiles(tfx.dsl.Artifact):
    """Artifact: ``model_card.md`` for people, ``model_card.json`` for programs.

    Custom properties: ``blessed``, 1 or 0, and ``version``, by which the card names its model.
    """

    TYPE_NAME = "components.ModelCardFiles"
