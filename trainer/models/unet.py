"""The U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597), with batch normalization.

An encoder halves the resolution ``depth`` times, a decoder doubles it back and reads, beside what
comes from below, the encoder's features of the same resolution.
"""

import keras
from keras import KerasTensor, layers

from pipeline.config import UNetConfig


def build_unet(height: int, width: int, config: UNetConfig) -> keras.Model:
    """Builds the U-Net.

    Args:
        height: Of the photographs, pixels; a multiple of ``2 ** config.depth``.
        width: The same.
        config: Shape of the network.

    Returns:
        Model from float32 [N, height, width, 3] in [0, 1] to logits, float32 [N, height, width, 1].
    """
    images = keras.Input((height, width, 3), name="images")
    # Centred inputs: batch normalization would learn this, but starts closer with it.
    x = layers.Rescaling(2.0, offset=-1.0, name="centre_values")(images)

    skips = []
    for level in range(config.depth):
        x = _conv_blocks(x, level, config.encoder_convs, config, f"encoder{level}")
        skips.append(x)
        x = layers.MaxPooling2D(name=f"encoder{level}_pool")(x)

    x = _conv_blocks(x, config.depth, config.encoder_convs, config, "centre")

    for level in reversed(range(config.depth)):
        x = layers.UpSampling2D(name=f"decoder{level}_up")(x)
        x = layers.Concatenate(name=f"decoder{level}_skip")([skips[level], x])
        x = _conv_blocks(x, level, config.decoder_convs, config, f"decoder{level}")

    # float32 under every precision policy: the loss and the threshold need the digits.
    logits = layers.Conv2D(1, 1, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="unet")


def _conv_blocks(
    x: KerasTensor, level: int, count: int, config: UNetConfig, name: str
) -> KerasTensor:
    filters = min(config.filters * 2**level, config.max_filters)
    for index in range(count):
        block = f"{name}_{index}"
        x = layers.Conv2D(
            filters,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{block}_conv",
        )(x)
        x = layers.BatchNormalization(
            momentum=config.batchnorm_momentum, name=f"{block}_batchnorm"
        )(x)
        x = layers.ReLU(name=f"{block}_relu")(x)
    return x
