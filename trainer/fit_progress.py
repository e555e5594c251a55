"""Shows how far a fit is: steps done, loss, and what it scores on val."""

from typing import Any

import keras

from pipeline import progress


class FitProgress(keras.callbacks.Callback):
    """Reports each training batch as progress of the running step."""

    def __init__(
        self,
        steps_per_epoch: int,
        epochs: int,
        metric: str = "val_dice",
        name: str = "val Dice",
    ) -> None:
        """Makes the callback.

        Args:
            steps_per_epoch: Batches in a pass over the training split.
            epochs: Passes that will be made at most.
            metric: Key in the logs of an epoch.
            name: What it is called on the screen.
        """
        super().__init__()
        self._steps = steps_per_epoch
        self._epochs = epochs
        self._epoch = 0
        self._metric = metric
        self._name = name
        self._score = ""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remembers the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Reports the batch with the epoch's mean loss so far."""
        loss = f"loss {logs['loss']:.4f}" if logs and "loss" in logs else ""
        progress.advance(
            self._epochs * self._steps,
            f"epoch {self._epoch + 1}/{self._epochs}  {loss}{self._score}",
            done=self._epoch * self._steps + batch + 1,
        )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Remembers the score for the next epoch's reports."""
        if logs and self._metric in logs:
            self._score = f"  {self._name} {logs[self._metric]:.4f}"
