"""The trivial baseline: every photograph gets the average mask of the training split.

The 2017 reference report scores 0.7434 with it. A model that does not beat it has learned nothing
about the photograph in front of it.
"""

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


def build_average_mask(average_mask: NDArray[np.float32]) -> keras.Model:
    """Builds the model that ignores its input.

    Args:
        average_mask: float32 [H, W, 1] in [0, 1], from Transform's analyzer.

    Returns:
        Model from float32 [N, H, W, 3] in [0, 1] to logits, float32 [N, H, W, 1].
    """
    images = keras.Input(average_mask.shape[:2] + (3,), name="images")
    layer = AverageMask(average_mask.shape, name="average_mask")
    model = keras.Model(images, layer(images), name="average_mask")
    limited = np.clip(average_mask, 1e-4, 1.0 - 1e-4)
    layer.set_weights([np.log(limited / (1.0 - limited))])
    return model


@keras.saving.register_keras_serializable("studio_mask")
class AverageMask(keras.layers.Layer):
    """Answers each photograph of a batch with the same logits."""

    def __init__(self, shape: tuple[int, ...], **kwargs: object) -> None:
        """Makes the layer.

        Args:
            shape: (H, W, 1) of the logits.
            **kwargs: Those of ``keras.layers.Layer``.
        """
        super().__init__(**kwargs)
        self.logits = self.add_weight(shape=shape, trainable=False, name="logits")

    def call(self, images: object) -> object:
        """Returns the logits, float32 [N, H, W, 1], once per photograph."""
        return ops.repeat(self.logits[None], ops.shape(images)[0], axis=0)
