"""What the layers of a network answer to one photograph."""

from dataclasses import dataclass

import keras
import numpy as np
from keras import KerasTensor
from numpy.typing import NDArray

from pipeline.config import TrainerConfig

_MAPS = 8


@dataclass(frozen=True)
class LayerMaps:
    """Some of a layer's maps.

    Attributes:
        name: Of the layer.
        shape: (height, width, maps) of all that it puts out.
        maps: float32 [H, W, C], those whose values vary most, the most first.
        silent: How many of all its maps are the same everywhere: to this photograph they say
            nothing.
    """

    name: str
    shape: tuple[int, int, int]
    maps: NDArray[np.float32]
    silent: int


def activations(
    model: keras.Model, config: TrainerConfig, image: NDArray[np.float32]
) -> tuple[LayerMaps, ...]:
    """Asks a network for its inner maps.

    Of a U-Net those are what each encoder level hands over to the decoder, the centre, the end of
    each decoder level, and the logits: found by what the decoder reads, so that any depth and any
    encoder will do. Of another network it is every convolution.

    Args:
        model: Of ``trainer.build_model``, with its weights.
        config: That it was built from.
        image: float32 [H, W, 3] in [0, 1], at the model's size.

    Returns:
        In the order in which the network computes them.
    """
    chosen = _of_unet(model, config) if config.model == "unet" else _of_convolutions(model)
    answers = keras.Model(model.input, list(chosen.values()))(image[None], training=False)
    return tuple(
        _layer_maps(name, np.asarray(answer[0]))
        for name, answer in zip(chosen, answers, strict=True)
    )


def _of_unet(model: keras.Model, config: TrainerConfig) -> dict[str, KerasTensor]:
    depth, encoder = config.unet.depth, config.unet.encoder
    names = {id(layer.output): layer.name for layer in model.layers}
    chosen: dict[str, KerasTensor] = {}
    for level in range(depth):
        skip = model.get_layer(f"decoder{level}_skip").input[0]
        # An encoder of keras.applications is one layer with many outputs.
        chosen[names.get(id(skip), f"{encoder}, 1/{2**level} of the size")] = skip
    centre = model.get_layer(f"decoder{depth - 1}_up").input
    chosen[names[id(centre)]] = centre
    for level in reversed(range(depth)):
        layer = model.get_layer(f"decoder{level}_out")
        chosen[layer.name] = layer.output
    return chosen | {"logits": model.output}


def _of_convolutions(model: keras.Model) -> dict[str, KerasTensor]:
    return {
        layer.name: layer.output for layer in model.layers if isinstance(layer, keras.layers.Conv2D)
    }


def _layer_maps(name: str, answer: NDArray[np.float32]) -> LayerMaps:
    deviation = answer.std(axis=(0, 1))
    most = np.argsort(-deviation, kind="stable")[:_MAPS]
    spans = np.ptp(answer, axis=(0, 1))
    height, width, count = answer.shape
    return LayerMaps(
        name,
        (height, width, count),
        answer[..., most].astype(np.float32),
        int((spans == 0.0).sum()),
    )
