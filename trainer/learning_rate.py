"""Puts the learning rate of each epoch into its logs, for the history and TensorBoard."""

from typing import Any

import keras


class LearningRate(keras.callbacks.Callback):
    """Adds ``learning_rate``, that of the epoch's last step, before other callbacks write logs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the rate to ``logs``."""
        if logs is not None:
            rate = self.model.optimizer.learning_rate
            logs["learning_rate"] = float(keras.ops.convert_to_numpy(rate))
