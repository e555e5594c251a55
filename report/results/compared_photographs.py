"""Asks the candidate once more for its best, median and worst masks, and draws them."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from evaluation.asked_model import ServableModel
from evaluation.difference import draw_comparison
from evaluation.masked_photograph import (
    MaskedPhotograph,
    decode_mask_png,
    find_photographs,
    split_files,
)
from evaluation.photograph_score import PhotographScore
from pipeline import features
from report.picture import Picture, picture_of
from trainer.preprocessing import decode_image

_OF_EACH = 2
_WIDTH = 972  # pixels of a picture: half of what a comparison is drawn at
BEST, MEDIAN, WORST = "best", "median", "worst"


@dataclass(frozen=True)
class ComparedPhotograph:
    """One photograph with what the candidate made of it.

    Attributes:
        rank: ``best``, ``median`` or ``worst``.
        score: Of the candidate.
        picture: None where the photograph or the model is not there any more.
    """

    rank: str
    score: PhotographScore
    picture: Picture | None


def choose_photographs(scores: Sequence[PhotographScore]) -> list[tuple[str, PhotographScore]]:
    """Chooses two photographs from each end and from the middle, none of them twice.

    Args:
        scores: Of one model.

    Returns:
        Rank and score: the best ones, those in the middle, the worst ones with the very worst last;
        of equals the first id is the worse. Of fewer than six photographs the worst are taken
        first, then the best.
    """
    worst_first = sorted(
        scores, key=lambda each: (not each.fault, each.figures.dice, each.image_id)
    )
    worst, rest = worst_first[:_OF_EACH], worst_first[_OF_EACH:]
    best, rest = rest[-_OF_EACH:], rest[:-_OF_EACH]
    middle = max((len(rest) - _OF_EACH) // 2, 0)
    median = rest[middle : middle + _OF_EACH]
    return [
        *((BEST, each) for each in reversed(best)),
        *((MEDIAN, each) for each in reversed(median)),
        *((WORST, each) for each in reversed(worst)),
    ]


def compared_photographs(
    scores: Sequence[PhotographScore], examples: str, servable: str
) -> list[ComparedPhotograph]:
    """Draws up to six photographs beside truth, mask and difference; an evaluation keeps no masks.

    Args:
        scores: Of the candidate.
        examples: Of PhotographExampleGen.
        servable: The candidate's SavedModel.

    Raises:
        serving.errors.ServingError: If the servable is there and cannot be loaded.
    """
    chosen = choose_photographs(scores)
    ids = {score.image_id for _, score in chosen}
    test = split_files(examples, features.TEST)
    photographs = find_photographs(test, ids) if ids and test else {}
    if not photographs or not tf.io.gfile.exists(servable):
        return [ComparedPhotograph(rank, score, None) for rank, score in chosen]
    with contextlib.closing(ServableModel.load(servable)) as model:
        return [
            ComparedPhotograph(
                rank,
                score,
                _draw(photographs[score.image_id], model, score)
                if score.image_id in photographs
                else None,
            )
            for rank, score in chosen
        ]


def _draw(photograph: MaskedPhotograph, model: ServableModel, score: PhotographScore) -> Picture:
    truth = photograph.truth()
    mask, fault = np.zeros_like(truth), score.fault
    if not fault:
        mask, fault = _ask(model, photograph.image, truth)
    drawn = draw_comparison(decode_image(photograph.image).numpy(), truth, mask, fault)
    height = max(1, round(drawn.shape[0] * _WIDTH / drawn.shape[1]))
    small = cv2.resize(drawn[..., ::-1], (_WIDTH, height), interpolation=cv2.INTER_AREA)
    missed = np.count_nonzero((truth > 0) & (mask == 0))
    surplus = np.count_nonzero((truth == 0) & (mask > 0))
    what = "no mask" if fault else f"mask, {missed:,} px missed and {surplus:,} px surplus"
    return picture_of(small, f"{photograph.image_id}: photograph, truth, {what}, difference")


def _ask(
    model: ServableModel, image: bytes, truth: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], str]:
    """Returns the mask, or nothing and what went wrong; the picture shows it."""
    try:
        mask = decode_mask_png(model.reply(image))
    except Exception as error:  # noqa: BLE001 - whatever a model does, it did it before the gate
        return np.zeros_like(truth), f"{type(error).__name__}: {error}"
    if mask.shape != truth.shape:
        return np.zeros_like(truth), f"the mask is {mask.shape[1]}x{mask.shape[0]}"
    return mask, ""
