"""Encoders of ``keras.applications`` for the U-Net, with weights from a local file if there is one.

Nothing is ever downloaded. ImageNet weights as Keras publishes them are files such as
``mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5``; weights that another run
saved with ``keras.Model.save_weights`` do as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import keras
from keras import KerasTensor, layers

from pipeline.config import EncoderName
from trainer.load_weights import load_weights


@dataclass(frozen=True)
class _Network:
    """What the U-Net needs to know of a network.

    Attributes:
        build: Makes it without its top, from its input's shape.
        scale: Makes the layer from [0, 1] to the values that its published weights were fitted to.
        outputs: Names of the last layers of strides 2, 4, 8, 16 and 32.
    """

    build: Callable[[tuple[int, int, int]], keras.Model]
    scale: Callable[[], layers.Layer]
    outputs: tuple[str, str, str, str, str]


def _to_plus_minus_one() -> layers.Layer:
    return layers.Rescaling(2.0, offset=-1.0, name="encoder_values")


def _to_imagenet_statistics() -> layers.Layer:
    return layers.Normalization(
        mean=[0.485, 0.456, 0.406],
        variance=[0.229**2, 0.224**2, 0.225**2],
        name="encoder_values",
    )


_NETWORKS: Final[dict[str, _Network]] = {
    # Sandler et al. 2018, https://arxiv.org/abs/1801.04381
    "MobileNetV2": _Network(
        build=lambda shape: keras.applications.MobileNetV2(
            include_top=False, weights=None, input_shape=shape
        ),
        scale=_to_plus_minus_one,
        outputs=(
            "block_1_expand_relu",
            "block_3_expand_relu",
            "block_6_expand_relu",
            "block_13_expand_relu",
            "out_relu",
        ),
    ),
    # He et al. 2016, https://arxiv.org/abs/1603.05027
    "ResNet50V2": _Network(
        build=lambda shape: keras.applications.ResNet50V2(
            include_top=False, weights=None, input_shape=shape
        ),
        scale=_to_plus_minus_one,
        outputs=(
            "conv1_conv",
            "conv2_block3_1_relu",
            "conv3_block4_1_relu",
            "conv4_block6_1_relu",
            "post_relu",
        ),
    ),
    # Tan & Le 2021, https://arxiv.org/abs/2104.00298. Keras documents [-1, 1] as its input, which
    # holds for the sizes S to L alone: what Keras includes for B0 to B3, and what their weights
    # were fitted with (google/automl, preprocess_legacy.py), are ImageNet's mean and deviation.
    "EfficientNetV2B0": _Network(
        build=lambda shape: keras.applications.EfficientNetV2B0(
            include_top=False, weights=None, input_shape=shape, include_preprocessing=False
        ),
        scale=_to_imagenet_statistics,
        outputs=(
            "block1a_project_activation",
            "block2b_add",
            "block4a_expand_activation",
            "block6a_expand_activation",
            "top_activation",
        ),
    ),
}


def pretrained_encoder(
    images: KerasTensor, name: EncoderName, weights: str, batchnorm_momentum: float
) -> list[KerasTensor]:
    """Applies the body of a known network and returns its features after each halving.

    The network is one layer of the resulting model, named ``name``. The features of a resolution
    are those of the last layer before the next halving.

    Args:
        images: float [N, H, W, 3] in [0, 1]; H and W are known, multiples of 32.
        name: Any but ``plain``.
        weights: Local weights file of the network without its top, as Keras writes them (``.h5``,
            ``.weights.h5``); empty leaves the weights random.
        batchnorm_momentum: Of its running statistics, in place of the network's own.

    Returns:
        Five tensors [N, H / s, W / s, C] of strides s = 2, 4, 8, 16 and 32, the finest first.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it does not hold that network's weights, or there is no such network.
    """
    if name not in _NETWORKS:
        raise ValueError(f"unet.encoder={name!r} is none of {', '.join(_NETWORKS)}")
    network = _NETWORKS[name]
    body = network.build(tuple(images.shape[1:]))
    for layer in body.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = batchnorm_momentum
        elif isinstance(layer, layers.Dropout):
            # EfficientNet's. Weights files do not keep the state of its random numbers, and a
            # killed fit could not go on to the same result.
            layer.rate = 0.0
    if weights:
        _load(body, name, weights)
    features = [body.get_layer(output).output for output in network.outputs]
    return keras.Model(body.input, features, name=name)(network.scale()(images))


def _load(body: keras.Model, name: str, weights: str) -> None:
    if not Path(weights).is_file():
        raise FileNotFoundError(
            f"unet.encoder_weights={weights!r} is not a file. Nothing is downloaded: put {name}'s "
            "weights without its top there, or leave unet.encoder_weights empty to start at random"
        )
    try:
        load_weights(body, weights)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        # Only the first line: Keras lists every layer that did not fit.
        reason = str(error).strip().split("\n")[0]
        raise ValueError(
            f"unet.encoder_weights={weights!r} does not hold the weights of {name} without its "
            f"top: {reason}. Give that network's file (.h5 or .weights.h5), or leave "
            "unet.encoder_weights empty to start at random"
        ) from error
