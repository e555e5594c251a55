"""How photographs become examples, and which are taken."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from pipeline.config.fields import STRICT, Count, Fraction, Positive


@dataclass(frozen=True, config=STRICT)
class PhotographLimits:
    """What a photograph may be: in the data, and at the door of the exported model.

    Attributes:
        max_pixels: Height times width. One of 40 megapixels takes half a second and 300 MiB beside
            what the model takes.
        max_bytes: Size of the JPEG or PNG file.
    """

    max_pixels: Positive = 40_000_000
    max_bytes: Positive = 32_000_000


@dataclass(frozen=True, config=STRICT)
class SpanConfig:
    """Which spans a run takes where ``--data`` names several: ``photos/span-{SPAN}``.

    Attributes:
        window: How many of the newest: 1 the newest alone, N a rolling window of those that are
            there, 0 all.
        span: Number of the one that counts as the newest; later ones are left out. -1: the highest.
    """

    window: Count = 1
    span: Annotated[int, Field(ge=-1)] = -1


@dataclass(frozen=True, config=STRICT)
class DataConfig:
    """How photographs become examples.

    Attributes:
        val_fraction: Share of the groups (cars) that the val split gets: early stopping, threshold.
        test_fraction: Share of the groups that the test split gets: the gate's score, nothing else.
        max_quarantine_fraction: The run stops when more than this share of the photographs cannot
            be used.
        limits: What a photograph may be; the exported models refuse others too.
        spans: Which folders are taken where the data is a pattern.
        shards: Files that the examples of each split are written to, and parts that are read side
            by side; 0 for one per 64 photographs, 128 at most.
    """

    val_fraction: Fraction = 0.15
    test_fraction: Fraction = 0.15
    max_quarantine_fraction: Fraction = 0.01
    limits: PhotographLimits = PhotographLimits()
    spans: SpanConfig = SpanConfig()
    shards: Count = 0

    @model_validator(mode="after")
    def _leave_groups_to_train(self) -> "DataConfig":
        if self.val_fraction + self.test_fraction >= 1.0:
            raise ValueError("val_fraction + test_fraction must be below 1, or train gets no cars")
        return self


@dataclass(frozen=True, config=STRICT)
class InputConfig:
    """Size in pixels at which the models see a photograph."""

    height: Positive = 128
    width: Positive = 128
