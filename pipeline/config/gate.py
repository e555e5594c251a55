"""What a candidate must show."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass

from pipeline import features
from pipeline.config.fields import STRICT, Difference, Fraction, NonNegative, Positive


@dataclass(frozen=True, config=STRICT)
class GateConfig:
    """What a candidate must show before it is pushed.

    Dice is hard Dice at full size; intervals are 95% and drawn over the cars of the test split.

    Attributes:
        baseline_margin: The candidate's mean Dice must exceed each baseline's by at least this, as
            the lower end of the difference's interval says; a negative margin lets it fall behind
            by so much.
        blessed_tolerance: The candidate's mean Dice may be below the last blessed model's by this;
            it is blocked where the whole interval of the difference lies lower.
        blessed_doubt: It is blocked too where the interval reaches below a loss of this: the test
            split has too few cars to tell. Counts as blessed_tolerance where it is below it. Of
            two equally good models whose difference has a standard deviation of 0.002 from car to
            car, the default blocks 4 in 100 on 9 cars and 3 in 1000 on 20 (simulated).
        dice_floor: Least mean Dice of the candidate.
        max_rival_faults: Share of the test photographs that a baseline, or the last blessed model,
            may give no mask for. They are left out of the comparison with it. The default is less
            than one of 16 poses.
        gated_slice: Column by whose values the next two look; empty looks at none.
        slice_floor: Least mean Dice of the candidate on the photographs of one value.
        slice_tolerance: What the candidate may lose on them against the last blessed model; it is
            blocked where the whole interval of the difference lies lower.
        max_area_error: The masks' median area may differ from the truth's by this share of it.
        max_offset: The masks' median offset from the truth, as a share of the photograph's width.
        max_reply_bytes: Size of the largest reply. Masks of 1918x1280 have 5 to 15 kB.
        max_latency: Median seconds per photograph in process, one at a time.
        repeated_photographs: How many, of all kinds, the candidate is asked for twice, one at a
            time: for equal replies, probabilities that are numbers, and latency. The 4 with the
            worst masks come on top.
        slices: What the evaluation is sliced by, any of ``pipeline.features.SLICEABLE``.
        worst_photographs: How many of the candidate's worst masks are drawn.
    """

    baseline_margin: Difference = 0.005
    blessed_tolerance: NonNegative = 0.0005
    blessed_doubt: NonNegative = 0.0025
    dice_floor: Fraction = 0.95
    max_rival_faults: Fraction = 0.05
    gated_slice: Literal["pose", "make", "year", ""] = "pose"
    slice_floor: Fraction = 0.9
    slice_tolerance: NonNegative = 0.005
    max_area_error: NonNegative = 0.02
    max_offset: NonNegative = 0.002
    max_reply_bytes: Positive = 64 * 1024
    max_latency: Annotated[float, Field(gt=0.0)] = 2.0
    repeated_photographs: Positive = 16
    slices: tuple[str, ...] = ("pose", "make", "mask_area", "year")
    worst_photographs: Positive = 12

    @field_validator("slices")
    @classmethod
    def _can_be_sliced_by(cls, slices: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [repr(name) for name in slices if name not in features.SLICEABLE]
        if unknown:
            raise ValueError(
                f"nothing can be sliced by {', '.join(unknown)}; there are "
                f"{', '.join(features.SLICEABLE)}"
            )
        return slices
