"""Folds blocks of pixels into channels and back, on any Keras backend."""

from typing import Any

import keras
from keras import layers, ops

Tensor = Any


@keras.saving.register_keras_serializable("studio_mask")
class SpaceToDepth(layers.Layer):
    """Makes one pixel of each square block of pixels; nothing is lost, only moved.

    The convolutions behind it work at a fraction of the photograph's resolution and still see every
    pixel of it (sub-pixel convolution, Shi et al. 2016, https://arxiv.org/abs/1609.05158, the other
    way round).
    """

    def __init__(self, block: int, **kwargs: Any) -> None:
        """Makes the layer.

        Args:
            block: Pixels a side of a block; height and width must be multiples of it.
            **kwargs: Those of ``keras.layers.Layer``.
        """
        super().__init__(**kwargs)
        self.block = block

    def call(self, inputs: Tensor) -> Tensor:
        """Folds [N, H, W, C] to [N, H / block, W / block, block * block * C]."""
        _, height, width, channels = inputs.shape
        rows, columns, block = height // self.block, width // self.block, self.block
        x = ops.reshape(inputs, (-1, rows, block, columns, block, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, rows, columns, block * block * channels))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "block": self.block}


@keras.saving.register_keras_serializable("studio_mask")
class DepthToSpace(layers.Layer):
    """Undoes SpaceToDepth."""

    def __init__(self, block: int, **kwargs: Any) -> None:
        """Makes the layer.

        Args:
            block: Pixels a side of a block.
            **kwargs: Those of ``keras.layers.Layer``.
        """
        super().__init__(**kwargs)
        self.block = block

    def call(self, inputs: Tensor) -> Tensor:
        """Unfolds [N, H, W, block * block * C] to [N, H * block, W * block, C]."""
        _, rows, columns, depth = inputs.shape
        block = self.block
        channels = depth // (block * block)
        x = ops.reshape(inputs, (-1, rows, columns, block, block, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (-1, rows * block, columns * block, channels))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "block": self.block}
