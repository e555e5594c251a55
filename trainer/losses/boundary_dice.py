"""A loss that looks closest where masks go wrong: along the car's outline."""

from typing import Any

import keras
from keras import ops

from trainer.dice import soft_dice_per_image
from trainer.losses.cross_entropy import cross_entropy_per_pixel

Tensor = Any


@keras.saving.register_keras_serializable("studio_mask")
class BoundaryDiceLoss(keras.losses.Loss):
    """Cross-entropy that weighs more near the mask's boundary, plus one minus soft Dice, per image.

    A pixel weighs 1 + weight |mean of the mask around it - the mask|, the mask cut at one half, and
    the weighted mean is taken: F3Net's pixel position aware cross-entropy (Wei et al. 2020,
    https://arxiv.org/abs/1911.11445; there weight 5 and 31 pixels of 352, and a weighted
    intersection over union where this has plain Dice). Along a straight boundary the added weight
    falls from weight / 2 to 0 over size / 2 pixels; in corners and thin parts it is higher; inside
    and outside it is 0. What the mean covers beyond the photograph's edge does not count, so that
    an edge is no boundary.

    As weights do not depend on the prediction, each pixel's cross-entropy is still least at its
    true probability.
    """

    def __init__(
        self, weight: float = 5.0, size: int = 11, name: str = "boundary_dice", **kwargs: Any
    ) -> None:
        """Makes the loss.

        Args:
            weight: Added at most, at a lone pixel; 0 gives BceDiceLoss.
            size: Side of the square that the mean is taken over, pixels of the model's input; odd.
                The default is F3Net's share of a photograph of 128 pixels.
            name: Of the loss.
            **kwargs: Those of ``keras.losses.Loss``.

        Raises:
            ValueError: If weight is negative, or size even or below 1.
        """
        if not weight >= 0.0:
            raise ValueError(f"weight must be at least 0, got {weight}")
        if size < 1 or size % 2 == 0:
            raise ValueError(f"size must be odd and at least 1, got {size}")
        super().__init__(name=name, **kwargs)
        self.weight = weight
        self.size = size

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each image.

        Args:
            y_true: float [N, H, W, 1] in [0, 1], soft masks.
            y_pred: float [N, H, W, 1], logits.

        Returns:
            float32 [N], at least the weighted entropy of the soft boundary.
        """
        truth = ops.cast(y_true, "float32")
        logits = ops.cast(y_pred, "float32")
        axes = tuple(range(1, len(truth.shape)))
        # Cut, because a half-covered pixel equals the mean around it, and would weigh least of all.
        cut = ops.cast(truth > 0.5, "float32")
        around = ops.average_pool(
            cut, self.size, strides=1, padding="same", data_format="channels_last"
        )
        weights = 1.0 + self.weight * ops.abs(around - cut)
        cross_entropy = ops.sum(
            weights * cross_entropy_per_pixel(truth, logits), axis=axes
        ) / ops.sum(weights, axis=axes)
        return cross_entropy + 1.0 - soft_dice_per_image(truth, ops.sigmoid(logits))

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "weight": self.weight, "size": self.size}
