"""How far the photographs of a run may differ from those of the last blessed model."""

from typing import Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from pipeline.config.fields import STRICT, Fraction, NonNegative, Positive

DriftFeature = Literal[
    "brightness",
    "red",
    "green",
    "blue",
    "warmth",
    "tint",
    "saturation",
    "mask_area",
    "width",
    "height",
    "pose",
    "make",
    "year",
]


@dataclass(frozen=True, config=STRICT)
class DriftConfig:
    """Which features are compared, and from where on a difference counts as drift.

    The defaults were chosen on sets of 20 and 30 cars of the Carvana challenge, see docs/drift.md.
    Fewer cars differ more by chance, many fewer by less: whoever has hundreds may lower them.

    Attributes:
        stop: Whether a run whose photographs drifted stops; otherwise it says so and goes on.
        features: What is compared; each once. Make and year are left out: 20 cars have few of each.
        min_cars: With fewer cars on either side nothing counts as drift; the figures are told.
        max_divergence: Largest Jensen-Shannon divergence, base 2, of brightness, colours, width and
            height.
        max_mask_divergence: The same of the mask's area.
        max_pose_change: Largest change of one pose's share of the photographs (L-infinity). One
            of 16 poses that is missing changes its share by 0.0625.
        max_name_change: The same of one make's or year's share.
        max_brightness_shift: Largest change of the mean of brightness, red, green or blue, levels
            of 0..255.
        max_cast_shift: The same of warmth (red less blue) and tint (green less the mean of both).
        max_saturation_shift: The same of the saturation, 0..1.
        max_mask_area_shift: Largest change of the mean mask area, as a share of what it was.
    """

    stop: bool = False
    features: tuple[DriftFeature, ...] = (
        "brightness",
        "red",
        "green",
        "blue",
        "warmth",
        "tint",
        "saturation",
        "mask_area",
        "width",
        "height",
        "pose",
    )
    min_cars: Positive = 20
    max_divergence: Fraction = 0.35
    max_mask_divergence: Fraction = 0.2
    max_pose_change: Fraction = 0.05
    max_name_change: Fraction = 0.45
    max_brightness_shift: NonNegative = 15.0
    max_cast_shift: NonNegative = 6.0
    max_saturation_shift: Fraction = 0.035
    max_mask_area_shift: NonNegative = 0.16

    @model_validator(mode="after")
    def _name_each_feature_once(self) -> "DriftConfig":
        twice = sorted({name for name in self.features if self.features.count(name) > 1})
        if twice:
            raise ValueError(f"features names {', '.join(twice)} more than once")
        return self
