"""A loss that spends itself on the pixels that are still wrong."""

from typing import Any

import keras
from keras import ops

from trainer.dice import soft_dice_per_image
from trainer.losses.cross_entropy import cross_entropy_per_pixel

Tensor = Any


@keras.saving.register_keras_serializable("studio_mask")
class FocalDiceLoss(keras.losses.Loss):
    """Focal loss plus one minus soft Dice, per image.

    Focal loss (Lin et al. 2017, https://arxiv.org/abs/1708.02002) scales a pixel's cross-entropy by
    (1 - p)**gamma, p being the probability of its label. For soft masks that factor is
    |t - p|**gamma, as in the quality focal loss (Li et al. 2020,
    https://arxiv.org/abs/2006.04388): the same where t is 0 or 1, and 0 where p = t. There is no
    class weight (Lin's alpha): cars cover a fair share of a photograph.

    Unlike the cross-entropy, focal loss is not least at the true frequency of a label but nearer to
    one half (Charoenphakdee et al. 2021, https://arxiv.org/abs/2011.09172): the probabilities are
    cautious, the cut at one half stays where it was.
    """

    def __init__(self, gamma: float = 2.0, name: str = "focal_dice", **kwargs: Any) -> None:
        """Makes the loss.

        Args:
            gamma: Power of the error; 0 gives BceDiceLoss, otherwise at least 1, because between
                the two the gradient at p = t is infinite.
            name: Of the loss.
            **kwargs: Those of ``keras.losses.Loss``.

        Raises:
            ValueError: If gamma is negative or between 0 and 1.
        """
        if gamma != 0.0 and not gamma >= 1.0:
            raise ValueError(f"gamma must be 0 or at least 1, got {gamma}")
        super().__init__(name=name, **kwargs)
        self.gamma = gamma

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each image.

        Args:
            y_true: float [N, H, W, 1] in [0, 1], soft masks.
            y_pred: float [N, H, W, 1], logits.

        Returns:
            float32 [N], at least 0; 0 where every probability equals its truth.
        """
        truth = ops.cast(y_true, "float32")
        logits = ops.cast(y_pred, "float32")
        axes = tuple(range(1, len(truth.shape)))
        probability = ops.sigmoid(logits)
        cross_entropy = cross_entropy_per_pixel(truth, logits)
        if self.gamma > 0.0:
            cross_entropy = ops.power(ops.abs(truth - probability), self.gamma) * cross_entropy
        return ops.mean(cross_entropy, axis=axes) + 1.0 - soft_dice_per_image(truth, probability)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "gamma": self.gamma}
