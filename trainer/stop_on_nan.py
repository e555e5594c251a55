"""Stops a fit whose loss is no number any more, and says which photographs did it."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

_OF_MASKS = (
    "Look at these and their masks; if they are sound, lower unet_fit.learning_rate, set "
    "unet_fit.clip_norm=1 or unet_fit.precision=float32"
)


class NonFiniteLoss(ArithmeticError):
    """The loss became NaN or infinite."""


class StopOnNan(keras.callbacks.Callback):
    """Checks the loss after each batch."""

    def __init__(
        self, image_ids: Callable[[int, int], Sequence[str]], advice: str = _OF_MASKS
    ) -> None:
        """Makes the callback.

        Args:
            image_ids: Gives the ids of a batch by epoch and step, both from 0. Asked only when
                something is wrong, so that no batch has to carry its ids.
            advice: What to do about it.
        """
        super().__init__()
        self._image_ids = image_ids
        self._advice = advice
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remembers the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Checks the batch.

        Raises:
            NonFiniteLoss: If the loss is NaN or infinite, with the image ids of the batch.
        """
        # The epoch's mean so far; the first batch that breaks it is the one at hand.
        if logs and not np.isfinite(logs["loss"]):
            ids = ", ".join(self._image_ids(self._epoch, batch))
            raise NonFiniteLoss(
                f"the loss became {logs['loss']} in epoch {self._epoch + 1}, step {batch + 1}, on "
                f"the photographs {ids}. {self._advice}"
            )
