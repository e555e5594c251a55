"""Scores all models on one photograph; its truth is decoded and measured once for all of them."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.asked_model import AskedModel
from evaluation.ceiling import ceiling
from evaluation.label_observation import LabelObservation, observe_label
from evaluation.masked_photograph import MaskedPhotograph, decode_mask_png
from evaluation.photograph_score import PhotographScore
from evaluation.truth import Truth
from pipeline import features


@dataclass(frozen=True)
class ScoredPhotograph:
    """What was seen of one photograph.

    Attributes:
        scores: One per model, in the order of the models.
        label: For the label audit.
    """

    scores: tuple[PhotographScore, ...]
    label: LabelObservation


def score_photograph(
    photograph: MaskedPhotograph,
    models: Mapping[str, AskedModel],
    heard: Collection[str] | None = None,
) -> ScoredPhotograph:
    """Asks every model for the photograph's mask and holds it against the truth.

    A model that raises, or whose reply is no mask of the photograph's size with values 0 and 255,
    or whose mask is empty because its probabilities are no numbers, gets the figures of no mask at
    all and the fault's text.

    Args:
        photograph: With its truth.
        models: By name.
        heard: Those whose masks the label audit looks at, which takes some 6 ms of each and each
            two; all where None.
    """
    pixels = photograph.truth()
    truth = Truth(pixels)
    known = photograph.values
    ceilings: dict[tuple[int, int], float] = {}
    masks: dict[str, NDArray[np.uint8]] = {}
    scores = []
    for name, model in models.items():
        mask, fault, reply_bytes, seconds = _ask(model, photograph.image, pixels.shape)
        figures = truth.no_mask() if mask is None else truth.figures(mask)
        if mask is not None and (heard is None or name in heard):
            masks[name] = mask
        size = model.input_size
        if size and size not in ceilings:
            ceilings[size] = ceiling(pixels, *size)
        scores.append(
            PhotographScore(
                model=name,
                image_id=photograph.image_id,
                group_id=photograph.group_id,
                pose=known.get(features.POSE, -1),
                make=known.get(features.MAKE, ""),
                year=known.get(features.YEAR, -1),
                height=pixels.shape[0],
                width=pixels.shape[1],
                mask_area=truth.area / pixels.size,
                figures=figures,
                ceiling=ceilings[size] if size else -1.0,
                reply_bytes=reply_bytes,
                seconds=seconds,
                fault=fault,
            )
        )
    return ScoredPhotograph(tuple(scores), observe_label(pixels, masks))


def _ask(
    model: AskedModel, image: bytes, shape: tuple[int, ...]
) -> tuple[NDArray[np.uint8] | None, str, int, float]:
    """Returns mask, fault, size of the reply and seconds; the mask is None where there is a fault.

    Any failure of a model is its score: it must not keep the other models from theirs.
    """
    start = time.perf_counter()
    try:
        reply = model.reply(image)
        if not isinstance(reply, bytes):
            raise TypeError(f"the reply is no file but {type(reply).__name__}")
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}", 0, time.perf_counter() - start
    seconds = time.perf_counter() - start
    try:
        mask = decode_mask_png(reply)
        if mask.shape != shape:
            raise ValueError(
                f"the mask is {mask.shape[1]}x{mask.shape[0]}, the photograph {shape[1]}x{shape[0]}"
            )
        if cv2.countNonZero(mask) != cv2.countNonZero(cv2.compare(mask, 255, cv2.CMP_EQ)):
            raise ValueError("the mask has other values than 0 and 255")
        if not mask.any() and not model.has_finite_probabilities(image):
            raise ValueError("the probabilities hold NaN or infinity")
    except Exception as error:  # noqa: BLE001
        return None, f"{type(error).__name__}: {error}", len(reply), seconds
    return mask, "", len(reply), seconds
