"""The loss that the pipeline's models are fitted to unless a config says otherwise."""

from typing import Any

import keras
from keras import ops

from trainer.dice import soft_dice_per_image
from trainer.losses.cross_entropy import cross_entropy_per_pixel

Tensor = Any


@keras.saving.register_keras_serializable("studio_mask")
class BceDiceLoss(keras.losses.Loss):
    """Binary cross-entropy plus one minus soft Dice, per image.

    The cross-entropy makes each pixel's probability honest, the Dice term weighs each photograph
    alike however small its car is.
    """

    def __init__(self, name: str = "bce_dice", **kwargs: Any) -> None:
        """Makes the loss; the arguments are those of ``keras.losses.Loss``."""
        super().__init__(name=name, **kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each image.

        Args:
            y_true: float [N, H, W, 1] in [0, 1], soft masks.
            y_pred: float [N, H, W, 1], logits.

        Returns:
            float32 [N], at least the entropy of the soft boundary.
        """
        truth = ops.cast(y_true, "float32")
        logits = ops.cast(y_pred, "float32")
        axes = tuple(range(1, len(truth.shape)))
        cross_entropy = ops.mean(cross_entropy_per_pixel(truth, logits), axis=axes)
        return cross_entropy + 1.0 - soft_dice_per_image(truth, ops.sigmoid(logits))
