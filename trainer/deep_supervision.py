"""Deep supervision: while a U-Net is fitted, its coarser decoder levels must answer too.

Each level gets a head of its own, whose loss reaches the layers below by a short way (Lee et al.
2015, https://arxiv.org/abs/1409.5185). The heads are not part of the model: fitting is done on
``supervise(model, levels)``, which shares the model's weights, with a ``DeepSupervisionLoss`` and
``FirstChannelDice``; afterwards only the model is kept.
"""

from typing import Any

import keras
from keras import KerasTensor, layers, ops

from trainer.dice import HardDice

Tensor = Any


def supervise(model: keras.Model, levels: int) -> keras.Model:
    """Adds a head to each of the first coarser decoder levels.

    Args:
        model: From float32 [N, H, W, 3] to logits, float32 [N, H, W, 1]; the features of decoder
            level l are what its layer ``decoder{l}_out`` gives.
        levels: How many heads, at least 1: on decoder levels 1 to ``levels``.

    Returns:
        Model of the same input and the same weights, plus those of the heads, to float32
        [N, H, W, 1 + levels]: the model's logits, then each level's, enlarged to H and W.

    Raises:
        ValueError: If levels is below 1, the model has no such decoder level, or H and W are no
            multiples of that level's.
    """
    if levels < 1:
        raise ValueError(f"deep supervision needs at least one level, got {levels}")
    heads = [_head(model, level) for level in range(1, levels + 1)]
    logits = layers.Concatenate(dtype="float32", name="supervised_logits")([model.output, *heads])
    return keras.Model(model.input, logits, name=f"{model.name}_supervised")


def _head(model: keras.Model, level: int) -> KerasTensor:
    features = model.get_layer(f"decoder{level}_out").output
    (height, width), (small_height, small_width) = model.output.shape[1:3], features.shape[1:3]
    if height % small_height or width % small_width:
        raise ValueError(
            f"decoder{level}_out of {small_height}x{small_width} cannot be enlarged to "
            f"{height}x{width} by whole factors"
        )
    # float32 under every precision policy, as the model's own logits.
    x = layers.Conv2D(1, 1, dtype="float32", name=f"supervised{level}_logits")(features)
    return layers.UpSampling2D(
        (height // small_height, width // small_width),
        interpolation="bilinear",
        dtype="float32",
        name=f"supervised{level}_up",
    )(x)


@keras.saving.register_keras_serializable("studio_mask")
class DeepSupervisionLoss(keras.losses.Loss):
    """The weighted mean of a loss over the channels of a supervised model's answer.

    Channel i weighs 0.5**i, as in nnU-Net (Isensee et al. 2021,
    https://doi.org/10.1038/s41592-020-01008-z). The sum is divided by that of the weights, so that
    losses, and what the gradients are clipped at, mean the same with and without heads.
    """

    def __init__(
        self, inner: keras.losses.Loss, name: str = "deep_supervision", **kwargs: Any
    ) -> None:
        """Makes the loss.

        Args:
            inner: Of one channel: its ``call`` gives float32 [N].
            name: Of the loss.
            **kwargs: Those of ``keras.losses.Loss``.
        """
        super().__init__(name=name, **kwargs)
        self.inner = inner

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Returns the loss of each image.

        Args:
            y_true: float [N, H, W, 1] in [0, 1], soft masks.
            y_pred: float [N, H, W, C], logits: the model's, then those of the heads.

        Returns:
            float32 [N].
        """
        weights = [0.5**channel for channel in range(y_pred.shape[-1])]
        losses = [
            weight * self.inner.call(y_true, y_pred[..., channel : channel + 1])
            for channel, weight in enumerate(weights)
        ]
        return sum(losses[1:], losses[0]) / sum(weights)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        inner = keras.saving.serialize_keras_object(self.inner)
        return {**super().get_config(), "inner": inner}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "DeepSupervisionLoss":
        """Makes the loss that ``get_config`` described."""
        inner = keras.saving.deserialize_keras_object(config["inner"])
        return cls(**{**config, "inner": inner})


@keras.saving.register_keras_serializable("studio_mask")
class FirstChannelDice(HardDice):
    """Mean hard Dice per image of the model's own logits, whatever the heads answer."""

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        """Adds a batch.

        Args:
            y_true: float [N, H, W, 1] in [0, 1]; soft masks are cut at one half.
            y_pred: float [N, H, W, C], logits: the model's, then those of the heads.
            sample_weight: float [N], of each image; None weighs them alike.
        """
        super().update_state(y_true, ops.convert_to_tensor(y_pred)[..., :1], sample_weight)
