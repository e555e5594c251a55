"""A loss that is a convex stand-in for the error of the cut mask itself."""

from typing import Any

import keras
from keras import ops

from trainer.losses.cross_entropy import cross_entropy_per_pixel

Tensor = Any


@keras.saving.register_keras_serializable("studio_mask")
class LovaszLoss(keras.losses.Loss):
    """Binary cross-entropy plus the Lovász hinge, per image.

    The hinge (Berman et al. 2018, https://arxiv.org/abs/1705.08790) bounds one minus the Jaccard
    index of the mask cut at one half, which Dice grows with. Alone it would say nothing of how
    probable a pixel is, only on which side of one half it is and whether by a logit of 1; the
    cross-entropy is there for the probabilities. At soft pixels the two pull apart: the hinge
    wants a side taken.
    """

    def __init__(self, hinge: float = 1.0, name: str = "lovasz", **kwargs: Any) -> None:
        """Makes the loss.

        Args:
            hinge: Factor of the Lovász hinge beside the cross-entropy; 0 leaves the latter.
            name: Of the loss.
            **kwargs: Those of ``keras.losses.Loss``.

        Raises:
            ValueError: If hinge is negative.
        """
        if not hinge >= 0.0:
            raise ValueError(f"hinge must be at least 0, got {hinge}")
        super().__init__(name=name, **kwargs)
        self.hinge = hinge

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each image.

        Args:
            y_true: float [N, H, W, 1] in [0, 1], soft masks; the hinge cuts them at one half.
            y_pred: float [N, H, W, 1], logits.

        Returns:
            float32 [N], at least the entropy of the soft boundary.
        """
        truth = ops.cast(y_true, "float32")
        logits = ops.cast(y_pred, "float32")
        axes = tuple(range(1, len(truth.shape)))
        cross_entropy = ops.mean(cross_entropy_per_pixel(truth, logits), axis=axes)
        return cross_entropy + self.hinge * lovasz_hinge_per_image(truth, logits)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "hinge": self.hinge}


def lovasz_hinge_per_image(truth: Tensor, logits: Tensor) -> Tensor:
    """Returns the Lovász hinge of each image (Berman et al. 2018, algorithm 1).

    With logits of -1 and 1 it is twice one minus the Jaccard index. An image without car has the
    hinge of its worst pixel.

    Args:
        truth: float [N, H, W, C] in [0, 1]; soft masks are cut at one half.
        logits: float [N, H, W, C].

    Returns:
        float32 [N], at least 0; 0 where every pixel is right by a logit of 1 or more.
    """
    batch = ops.shape(logits)[0]
    logits = ops.reshape(ops.cast(logits, "float32"), (batch, -1))
    labels = ops.reshape(ops.cast(truth > 0.5, "float32"), (batch, -1))
    errors = ops.relu(1.0 - logits * (2.0 * labels - 1.0))

    order = ops.argsort(-errors, axis=-1)
    errors = ops.take_along_axis(errors, order, axis=-1)
    labels = ops.take_along_axis(labels, order, axis=-1)
    # Intersection and union of the truth and a mask that is wrong at the pixels up to each.
    intersection = ops.sum(labels, axis=-1, keepdims=True) - ops.cumsum(labels, axis=-1)
    union = intersection + ops.cumsum(ops.ones_like(labels), axis=-1)
    # What each adds to one minus their ratio. As a difference of ratios it would lose its digits
    # where there are many pixels: car leaves the intersection, other pixels join the union.
    of_car = 1.0 / union
    of_rest = ops.where(
        union > 1.0, intersection / (union * ops.maximum(union - 1.0, 1.0)), ops.ones_like(union)
    )
    return ops.sum(errors * ops.where(labels > 0.5, of_car, of_rest), axis=-1)
