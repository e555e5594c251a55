"""What a Trainer step left about its fit, read once for all sections that tell of it."""

import csv
import io
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import tensorflow as tf
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from pipeline.config import TrainerConfig
from report.read_json import read_json
from trainer.fit import FIT_FILE
from trainer.fit_model import HISTORY_FILE

History = Mapping[str, Sequence[float]]


@dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="ignore"))
class FitRecord:
    """fit.json and history.csv.

    Attributes:
        parameters: Of the model.
        epochs: That were run; 0 where nothing was fitted.
        precision: Of the fit.
        replicas: Devices that fitted together.
        started_from: Weights file; empty for random weights.
        seconds: Of the whole step.
        threshold: Fitted on val.
        val_dice: Mean hard Dice on val at it, at full size.
        val_photographs: How many those were.
        config: What the step was told.
        threshold_curve: Mean hard Dice on val at 0/256, 1/256 .. 255/256; empty where the run is
            older than its being kept.
        history: By the name of a column a value per epoch, NaN included; empty where there is no
            file.
        finished: When, as ``2026-11-23T16:24:11+00:00``; empty where the run is older.
        versions: Of what it was fitted with, by name; the same.
        code: Digest of the code that fitted it; the same.
    """

    parameters: int
    epochs: int
    precision: str
    replicas: int
    started_from: str
    seconds: float
    threshold: float
    val_dice: float
    val_photographs: int
    config: TrainerConfig
    threshold_curve: tuple[float, ...] = ()
    history: Mapping[str, tuple[float, ...]]
    finished: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    code: str = ""

    @property
    def best_epoch(self) -> int | None:
        """The epoch, from 0 up, whose weights were kept, as EarlyStopping chooses it.

        None where the history has no val Dice that is a number.
        """
        best, chosen = -math.inf, None
        for epoch, dice in enumerate(self.history.get("val_dice", ())):
            if dice - self.config.fit.min_delta > best:
                best, chosen = dice, epoch
        return chosen


_FIT = TypeAdapter(FitRecord)


def read_fit(folder: str) -> FitRecord | None:
    """Reads what a Trainer step left.

    Args:
        folder: The Trainer's ``model_run``.

    Returns:
        None where there is no fit.json.

    Raises:
        ValueError: If a file holds something else; the message names it.
    """
    record = read_json(folder, FIT_FILE)
    if record is None:
        return None
    history = _read_history(os.path.join(folder, HISTORY_FILE))
    try:
        return _FIT.validate_python({**record, "history": history})
    except (TypeError, ValidationError) as error:
        raise ValueError(
            f"{os.path.join(folder, FIT_FILE)} is no record of a fit: {error}"
        ) from error


def _read_history(path: str) -> dict[str, tuple[float, ...]]:
    if not tf.io.gfile.exists(path):
        return {}
    with tf.io.gfile.GFile(path, "rb") as file:
        rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(file.read().decode())))
    try:
        return {name: tuple(float(row[name]) for row in rows) for name in (rows or [{}])[0]}
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: a column has something that is no number: {error!r}") from error
