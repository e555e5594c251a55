"""The U-Net's shape."""

from typing import Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from pipeline.config.fields import STRICT, Count, Fraction, Positive

EncoderName = Literal["plain", "MobileNetV2", "ResNet50V2", "EfficientNetV2B0"]


@dataclass(frozen=True, config=STRICT)
class UNetConfig:
    """The U-Net's shape.

    Attributes:
        filters: Filters of the first level; each level below doubles them.
        depth: How many times the resolution is halved. Height and width must divide by
            ``space_to_depth * 2**depth``.
        max_filters: No level gets more filters than this.
        encoder_convs: Conv-batchnorm-ReLU blocks per encoder level and in the centre.
        decoder_convs: The same per decoder level.
        batchnorm_momentum: Of the running statistics. Keras' default of 0.99 lags for hundreds of
            steps, so that the val Dice of the first epochs says nothing.
        space_to_depth: The body sees square blocks of this many pixels a side as one pixel with as
            many more channels, and its logits are unfolded again. 1 leaves the photograph as it is.
        residual: Each level's blocks get a shortcut around them.
        dilated_centre: The centre is this many convolutions of rates 1, 2, 4 ... whose results are
            summed; 0 leaves it as the other levels are.
        deep_supervision: So many levels below the first get a head of their own while fitting.
        encoder: ``plain`` is the one described above; another name takes the encoder from
            ``keras.applications`` (depth 5).
        encoder_weights: Local weights file of that encoder, without its top; empty starts at
            random.
    """

    filters: Positive = 16
    depth: Positive = 5
    max_filters: Positive = 256
    encoder_convs: Positive = 2
    decoder_convs: Positive = 3
    batchnorm_momentum: Fraction = 0.9
    space_to_depth: Positive = 1
    residual: bool = False
    dilated_centre: Count = 0
    deep_supervision: Count = 0
    encoder: EncoderName = "plain"
    encoder_weights: str = ""

    @model_validator(mode="after")
    def _options_fit_together(self) -> "UNetConfig":
        if self.deep_supervision >= self.depth:
            raise ValueError("deep_supervision must be below depth: the decoder has no more levels")
        if self.encoder == "plain":
            if self.encoder_weights:
                raise ValueError("encoder_weights needs an encoder that has a name")
        elif self.depth != 5 or self.space_to_depth != 1 or self.residual:
            raise ValueError(
                f"the encoder {self.encoder} needs depth=5, space_to_depth=1 and residual=false"
            )
        return self
