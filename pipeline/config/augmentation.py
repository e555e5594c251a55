"""How training photographs are changed at random."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from pipeline.config.fields import STRICT, Fraction


@dataclass(frozen=True, config=STRICT)
class AugmentationConfig:
    """Random changes of the training photographs; each photograph draws its own amounts.

    The defaults of flip, warp and HSV are those of the 2017 solutions that the reference report
    follows (in OpenCV's units there: hue 50 of 180, saturation 5 and value 15 of 255).

    Attributes:
        horizontal_flip: Probability of mirroring photograph and mask.
        warp: Probability of shifting, scaling and rotating both.
        shift: Largest shift, as a share of height and width.
        scale: Largest relative change of size; below 1.
        rotate: Largest rotation, degrees.
        hsv: Probability of moving the colours in HSV.
        hue: Largest change of hue, degrees.
        saturation: Largest change of saturation, as a share of the full range.
        value: Largest change of value, as a share of the full range.
        brightness: Largest change of all channels together, as a share of the full range.
        contrast: Largest relative change of the distance to the photograph's mean.
        colour: Largest change of each channel by itself, as a share of the full range.
        blur: Probability of a Gaussian blur.
        blur_sigma: Its largest standard deviation, pixels.
        noise: Probability of Gaussian noise.
        noise_deviation: Its largest standard deviation, as a share of the full range.
        jpeg: Probability of the loss that JPEG compression brings.
        jpeg_quality: Its lowest quality, 1 to 100.
    """

    horizontal_flip: Fraction = 0.5
    warp: Fraction = 0.5
    shift: Fraction = 0.0625
    scale: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1
    rotate: Annotated[float, Field(ge=0.0, le=180.0)] = 0.0
    hsv: Fraction = 0.5
    hue: Annotated[float, Field(ge=0.0, le=180.0)] = 100.0
    saturation: Fraction = 0.02
    value: Fraction = 0.06
    brightness: Fraction = 0.0
    contrast: Fraction = 0.0
    colour: Fraction = 0.0
    blur: Fraction = 0.0
    blur_sigma: Annotated[float, Field(gt=0.0, le=3.0)] = 1.0
    noise: Fraction = 0.0
    noise_deviation: Fraction = 0.02
    jpeg: Fraction = 0.0
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 50
