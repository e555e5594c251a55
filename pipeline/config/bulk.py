"""Masks of photographs without masks, as the last steps of a run."""

from pydantic.dataclasses import dataclass

from pipeline.config.fields import STRICT


@dataclass(frozen=True, config=STRICT)
class BulkConfig:
    """What BulkInferrer masks with the model that a run has blessed.

    Attributes:
        photographs: Folder of photographs, here or where Beam reads; empty for no such steps.
    """

    photographs: str = ""
