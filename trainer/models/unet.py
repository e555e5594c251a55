"""The U-Net (Ronneberger et al. 2015, https://arxiv.org/abs/1505.04597), with batch normalization.

An encoder halves the resolution ``depth`` times, a decoder doubles it back and reads, beside what
comes from below, the encoder's features of the same resolution. The options are those that public
solutions of the challenge gained from; docs/recipe.md says what each does.
"""

import keras
from keras import KerasTensor, layers

from pipeline.config import UNetConfig
from trainer.models.batch_norm import BatchNorm
from trainer.models.pretrained_encoder import pretrained_encoder
from trainer.models.space_to_depth import DepthToSpace, SpaceToDepth


def build_unet(height: int, width: int, config: UNetConfig) -> keras.Model:
    """Builds the U-Net.

    Args:
        height: Of the photographs, pixels; a multiple of ``space_to_depth * 2 ** depth``.
        width: The same.
        config: Shape of the network.

    Returns:
        Model from float32 [N, height, width, 3] in [0, 1] to logits, float32 [N, height, width, 1].
        The last layer of decoder level ``l`` is named ``decoder{l}_out``.

    Raises:
        ValueError: If ``config.encoder_weights`` is not a weights file of that encoder.
        FileNotFoundError: If it does not exist.
    """
    images = keras.Input((height, width, 3), name="images")
    # Centred inputs: batch normalization would learn this, but starts closer with it.
    x = layers.Rescaling(2.0, offset=-1.0, name="centre_values")(images)
    if config.space_to_depth > 1:
        x = SpaceToDepth(config.space_to_depth, name="space_to_depth")(x)

    if config.encoder == "plain":
        skips = []
        for level in range(config.depth):
            x = _level(x, level, config.encoder_convs, config, f"encoder{level}")
            skips.append(x)
            x = layers.MaxPooling2D(name=f"encoder{level}_pool")(x)
    else:
        *halved, deepest = pretrained_encoder(
            images, config.encoder, config.encoder_weights, config.batchnorm_momentum
        )
        skips = [_level(x, 0, config.encoder_convs, config, "encoder0"), *halved]
        x = deepest

    if config.dilated_centre:
        x = _dilated(x, config)
    else:
        x = _level(x, config.depth, config.encoder_convs, config, "centre")

    for level in reversed(range(config.depth)):
        x = layers.UpSampling2D(name=f"decoder{level}_up")(x)
        x = layers.Concatenate(name=f"decoder{level}_skip")([skips[level], x])
        x = _level(x, level, config.decoder_convs, config, f"decoder{level}")

    # float32 under every precision policy: the loss and the threshold need the digits.
    if config.space_to_depth > 1:
        x = layers.Conv2D(config.space_to_depth**2, 1, dtype="float32", name="folded_logits")(x)
        logits = DepthToSpace(config.space_to_depth, dtype="float32", name="logits")(x)
    else:
        logits = layers.Conv2D(1, 1, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="unet")


def _level(x: KerasTensor, level: int, convs: int, config: UNetConfig, name: str) -> KerasTensor:
    """Conv-batchnorm-ReLU blocks; He et al. 2015's shortcut around them all where asked for."""
    filters = _filters(level, config)
    shortcut = x
    for index in range(convs):
        x = _conv(x, filters, config, f"{name}_{index}")
        if index < convs - 1:
            x = layers.ReLU(name=f"{name}_{index}_relu")(x)
    if config.residual:
        if shortcut.shape[-1] != filters:
            shortcut = _conv(shortcut, filters, config, f"{name}_shortcut", size=1)
        x = layers.Add(name=f"{name}_sum")([x, shortcut])
    return layers.ReLU(name=f"{name}_out")(x)


def _dilated(x: KerasTensor, config: UNetConfig) -> KerasTensor:
    """Convolutions of doubling rates, one after the other, all of whose results are summed."""
    results = []
    for index in range(config.dilated_centre):
        name = f"centre_{index}"
        x = _conv(x, _filters(config.depth, config), config, name, rate=2**index)
        x = layers.ReLU(name=f"{name}_relu")(x)
        results.append(x)
    return layers.Add(name="centre_out")(results) if len(results) > 1 else x


def _conv(
    x: KerasTensor, filters: int, config: UNetConfig, name: str, size: int = 3, rate: int = 1
) -> KerasTensor:
    x = layers.Conv2D(
        filters,
        size,
        padding="same",
        dilation_rate=rate,
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    return BatchNorm(momentum=config.batchnorm_momentum, name=f"{name}_batchnorm")(x)


def _filters(level: int, config: UNetConfig) -> int:
    return min(config.filters * 2**level, config.max_filters)
