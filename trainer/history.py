"""Keeps a row per epoch of a fit, through restarts."""

import csv
import os
from typing import Any

import keras


class History(keras.callbacks.Callback):
    """Writes each epoch's logs to a CSV file as the epoch ends.

    ``keras.callbacks.CSVLogger`` holds the file open, and after a restart would write the epoch
    that the process died in, or after, a second time.
    """

    def __init__(self, path: str, first_epoch: int) -> None:
        """Makes the callback.

        Args:
            path: Of the file.
            first_epoch: Rows of earlier epochs that the file has are kept, later ones dropped.
        """
        super().__init__()
        self._path = path
        self._rows: list[dict[str, Any]] = []
        if first_epoch and os.path.exists(path):
            with open(path, encoding="utf-8", newline="") as file:
                self._rows = list(csv.DictReader(file))[:first_epoch]

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Adds the epoch's row."""
        self._rows.append({"epoch": epoch, **(logs or {})})
        beside = f"{self._path}.new"
        with open(beside, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(self._rows[0]))
            writer.writeheader()
            writer.writerows(self._rows)
        os.replace(beside, self._path)
