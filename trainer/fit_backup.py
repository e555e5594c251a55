"""Lets a killed fit go on where it was, to the result it would have had."""

import json
import os
import shutil
from typing import Any

import keras
import numpy as np

_WEIGHTS = "fit.weights.h5"
_BEST_WEIGHTS = "best_weights.npz"
_STATE = "state.json"
_CALLBACK_STATE = ("best", "wait", "best_epoch", "stopped_epoch", "cooldown_counter")


class FitBackup(keras.callbacks.Callback):
    """Saves a fit as each epoch begins, and restores it before the first.

    ``keras.callbacks.BackupAndRestore`` saves the weights and the optimizer alone. The epoch that
    early stopping found best so far, and the count of those since, would be lost with the process.

    Must come last in the list of callbacks: those before it set themselves back as a fit begins,
    and with a running mean of the weights the model holds its own weights only then.
    """

    def __init__(
        self, folder: str, stateful: dict[str, keras.callbacks.Callback], saves: bool = True
    ) -> None:
        """Makes the callback.

        Args:
            folder: Where the backup is kept; made and replaced as a whole.
            stateful: Other callbacks of the fit whose state is to be kept, by a name for each:
                ``EarlyStopping`` and ``ReduceLROnPlateau``.
            saves: Whether to save too, and not only restore: of several machines that fit together
                one does.
        """
        super().__init__()
        self._saves = saves
        self._folder = folder
        self._before = f"{folder}.before"
        self._stateful = stateful

    @property
    def epoch(self) -> int:
        """The epoch to begin with, from 0: hand it to ``fit`` as ``initial_epoch``."""
        if not os.path.exists(self._folder) and os.path.exists(self._before):
            os.rename(self._before, self._folder)  # Killed between the two renames.
        path = os.path.join(self._folder, _STATE)
        if not os.path.exists(path):
            return 0
        with open(path, encoding="utf-8") as file:
            return int(json.load(file)["epoch"])

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Restores the backup if there is one."""
        if not self.epoch:
            return
        if not self.model.optimizer.built:
            self.model.optimizer.build(self.model.trainable_variables)
        self.model.load_weights(os.path.join(self._folder, _WEIGHTS))
        with open(os.path.join(self._folder, _STATE), encoding="utf-8") as file:
            states = json.load(file)["callbacks"]
        for name, callback in self._stateful.items():
            for field, value in states[name].items():
                setattr(callback, field, value)
            path = os.path.join(self._folder, f"{name}_{_BEST_WEIGHTS}")
            if os.path.exists(path):
                with np.load(path) as arrays:
                    callback.best_weights = [arrays[key] for key in arrays.files]

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Saves what the epoch begins with."""
        if not epoch or not self._saves:
            return
        beside = f"{self._folder}.new"
        shutil.rmtree(beside, ignore_errors=True)
        os.makedirs(beside)
        self.model.save_weights(os.path.join(beside, _WEIGHTS))
        states = {}
        for name, callback in self._stateful.items():
            fields = {field: getattr(callback, field, None) for field in _CALLBACK_STATE}
            states[name] = {
                field: float(value) if isinstance(value, np.floating) else value
                for field, value in fields.items()
                if value is not None
            }
            best = getattr(callback, "best_weights", None)
            if best is not None:
                np.savez(os.path.join(beside, f"{name}_{_BEST_WEIGHTS}"), *best)
        with open(os.path.join(beside, _STATE), "w", encoding="utf-8") as file:
            json.dump({"epoch": epoch, "callbacks": states}, file)
        if os.path.exists(self._folder):
            shutil.rmtree(self._before, ignore_errors=True)  # Of a kill during the last line.
            os.rename(self._folder, self._before)
        os.rename(beside, self._folder)
        shutil.rmtree(self._before, ignore_errors=True)

    def forget(self) -> None:
        """Removes the backup, once what was fitted is safe."""
        for folder in (self._folder, self._before, f"{self._folder}.new"):
            shutil.rmtree(folder, ignore_errors=True)
