"""Scores servables on examples: the bytes that a server would send, decoded, at full size."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline import features, progress
from serving.servable import Servable
from trainer.dice import hard_dice
from trainer.signatures import IMAGE_BYTES, MASK_PNG_BYTES

_PHOTOGRAPHS_AT_ONCE = os.cpu_count() or 1


@dataclass(frozen=True)
class PhotographScore:
    """What one model did on one photograph.

    Attributes:
        image_id: Of the photograph.
        group_id: Its car.
        pose: 1..16, -1 where unknown.
        dice: Hard Dice at full size; 0 where the model gave no usable mask.
        fault: Why it gave none; empty where it did.
    """

    image_id: str
    group_id: str
    pose: int
    dice: float
    fault: str = ""


@dataclass(frozen=True)
class _Example:
    image: bytes
    mask: bytes
    image_id: str
    group_id: str
    pose: int


def score(folder: str, models: Mapping[str, str]) -> dict[str, list[PhotographScore]]:
    """Asks each model for the mask of each photograph of a split.

    Args:
        folder: Of one split's gzipped TFRecords that follow the data contract.
        models: SavedModel directories by model name.

    Returns:
        By model name one score per photograph, in the order of the records.

    Raises:
        ValueError: If the split is empty.
        serving.errors.ServingError: If a model cannot be loaded.
    """
    scores: dict[str, list[PhotographScore]] = {name: [] for name in models}
    total = sum(1 for _ in _records(folder))
    if not total:
        raise ValueError(f"{folder}: no photograph to score the models on")
    with contextlib.ExitStack() as stack:
        servables = {
            name: stack.enter_context(Servable.load(path)) for name, path in models.items()
        }
        pool = stack.enter_context(ThreadPoolExecutor(_PHOTOGRAPHS_AT_ONCE))
        examples = _examples(folder)
        # A few at a time: Executor.map alone would read the whole split into memory.
        while chunk := list(islice(examples, 4 * _PHOTOGRAPHS_AT_ONCE)):
            for by_model in pool.map(lambda example: _score_one(servables, example), chunk):
                for name, photograph_score in by_model.items():
                    scores[name].append(photograph_score)
                progress.advance(total, "photographs")
    return scores


def _score_one(servables: Mapping[str, Servable], example: _Example) -> dict[str, PhotographScore]:
    truth = _decode(example.mask)
    by_model = {}
    for name, servable in servables.items():
        dice, fault = 0.0, ""
        try:
            reply = servable.predict({IMAGE_BYTES: np.array([example.image], dtype=object)})
            mask = _decode(reply[MASK_PNG_BYTES][0])
            dice = hard_dice(truth, mask)
        except Exception as error:  # noqa: BLE001 - any failure of a model is its score
            fault = f"{type(error).__name__}: {error}"
        by_model[name] = PhotographScore(
            example.image_id, example.group_id, example.pose, dice, fault
        )
    return by_model


def _decode(png: bytes) -> NDArray[np.uint8]:
    mask = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    if mask is None or mask.ndim != 2:
        raise ValueError("the reply is no one-channel PNG")
    return mask


def _records(folder: str) -> Iterator[bytes]:
    paths = sorted(tf.io.gfile.glob(os.path.join(folder, "*.gz")))
    return iter(tf.data.TFRecordDataset(paths, compression_type="GZIP").as_numpy_iterator())


def _examples(folder: str) -> Iterator[_Example]:
    for record in _records(folder):
        feature = tf.train.Example.FromString(record).features.feature
        yield _Example(
            image=feature[features.IMAGE].bytes_list.value[0],
            mask=feature[features.MASK].bytes_list.value[0],
            image_id=feature[features.IMAGE_ID].bytes_list.value[0].decode(),
            group_id=feature[features.GROUP_ID].bytes_list.value[0].decode(),
            pose=feature[features.POSE].int64_list.value[0],
        )
