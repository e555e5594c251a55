"""Masks from models' probabilities: several models averaged, tiles, or an overridden choice.

All of it is made of the trainer's own functions, from ``probability`` on: what one model enlarges
and cuts, this enlarges and cuts in the same way.
"""

import functools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from batch.answer import Answer, refusal
from batch.loaded_model import ask, load_model
from batch.masking import Masking
from batch.photograph_size import photograph_size
from batch.tiling import TilePlace, tile_places, tile_weights
from components.photograph_example import check_image
from components.quarantine import Reason, UnusablePhotograph
from pipeline.config import PhotographLimits, PredictionConfig
from serving.client.errors import InvalidPhotograph
from serving.client.pictures.shown_photograph import decode_shown
from serving.errors import ServingError
from serving.server.servable import Servable
from trainer import prediction, rle
from trainer.mask_png import encode_mask
from trainer.resize import enlarge
from trainer.signatures import PROBABILITY

# What is too large the models say of each tile themselves.
_ANY_SIZE = PhotographLimits(2**31 - 1, 2**31 - 1)
_TILES_AT_ONCE = 4
# Where logits are enlarged, a model's own probabilities lie within; others have logits without end.
_SURE = 0.9999


class AveragedMasks:
    """See ``MaskMaker``."""

    def __init__(self, models: Sequence[Servable], masking: Masking) -> None:
        """Takes over loaded models, one for each member; use ``load``."""
        self._models = models
        self._masking = masking
        self._config = PredictionConfig(enlarge=masking.enlarged())
        self._threshold = masking.cut_at()
        self._mirrors = [
            masking.flip_average and not member.flip_average for member in masking.members
        ]
        self._mask = self._mask_function()

    @classmethod
    def load(cls, masking: Masking) -> "AveragedMasks":
        """Loads the members; see ``load_model``."""
        return cls([load_model(member.path) for member in masking.members], masking)

    def masks(self, photographs: Sequence[bytes]) -> list[Answer]:
        """See ``MaskMaker``."""
        answers = []
        for photograph in photographs:
            started = time.perf_counter()
            try:
                answer = self._answer(photograph)
            except UnusablePhotograph as fault:
                answer = Answer.without_mask(fault)
            except ServingError as error:
                answer = Answer.without_mask(refusal(error))
            answers.append(replace(answer, seconds=time.perf_counter() - started))
        return answers

    def close(self) -> None:
        """See ``MaskMaker``."""
        for model in self._models:
            model.close()

    def _answer(self, photograph: bytes) -> Answer:
        needs_pixels = self._masking.tile is not None or any(self._mirrors)
        if not needs_pixels:
            [scores] = self._scores([photograph], [])
            height, width = photograph_size(photograph)
            return self._cut(scores, height, width)

        height, width = check_image(photograph, _ANY_SIZE)
        places = tile_places(height, width, self._masking.tile)
        pixels = None
        if len(places) > 1 or any(self._mirrors):
            pixels = _pixels(photograph)
        if len(places) == 1:
            # The file itself: what the model decodes is then what it decodes for everybody.
            mirrored = [] if pixels is None else [_png(pixels[:, ::-1])]
            [scores] = self._scores([photograph], mirrored)
            return self._cut(scores, height, width)
        assert pixels is not None
        return self._encode(self._blend(pixels, places) > self._cut_off(), height, width)

    def _blend(self, pixels: NDArray[np.uint8], places: list[TilePlace]) -> NDArray[np.float32]:
        """Returns the scores at full size, float32 [H, W]."""
        height, width = pixels.shape[:2]
        total = np.zeros((height, width), np.float32)
        weight = np.zeros((height, width), np.float32)
        for start in range(0, len(places), _TILES_AT_ONCE):
            some = places[start : start + _TILES_AT_ONCE]
            tiles = [pixels[each.top : each.bottom, each.left : each.right] for each in some]
            mirrored = [_png(tile[:, ::-1]) for tile in tiles] if any(self._mirrors) else []
            for place, scores in zip(
                some, self._scores([_png(tile) for tile in tiles], mirrored), strict=True
            ):
                where = slice(place.top, place.bottom), slice(place.left, place.right)
                of_tile = tile_weights(place, height, width)
                size = place.bottom - place.top, place.right - place.left
                total[where] += of_tile * enlarge(tf.constant(scores), *size).numpy()
                weight[where] += of_tile
        return total / weight

    def _scores(self, photographs: list[bytes], mirrored: list[bytes]) -> list[NDArray[np.float32]]:
        """Averages the models' probabilities, of the largest model's size, as they are enlarged."""
        of_models = []
        for model, mirrors in zip(self._models, self._mirrors, strict=True):
            probabilities = ask(model, PROBABILITY, PROBABILITY, photographs)
            if mirrors:
                other = ask(model, PROBABILITY, PROBABILITY, mirrored)
                probabilities = (probabilities + other[:, :, ::-1]) / 2.0
            of_models.append(probabilities)
        size = np.max([each.shape[1:] for each in of_models], axis=0)
        mean = np.mean([_of_size(each, size) for each in of_models], axis=0, dtype=np.float64)
        if self._config.enlarge == "logits":
            sure = np.clip(mean, 1.0 - _SURE, _SURE)
            mean = np.log(sure / (1.0 - sure))
        return list(mean.astype(np.float32))

    def _cut(self, scores: NDArray[np.float32], height: int, width: int) -> Answer:
        mask = self._mask(tf.constant(scores), tf.constant(height), tf.constant(width)).numpy()
        return self._encode(mask, height, width)

    def _cut_off(self) -> float:
        """Returns the threshold as ``trainer.prediction.full_size_mask`` has it."""
        if self._config.enlarge != "logits":
            return self._threshold
        if self._threshold == 0.0:
            return -math.inf
        return math.log(self._threshold / (1.0 - self._threshold))

    def _encode(self, mask: NDArray[np.bool_], height: int, width: int) -> Answer:
        area = int(np.count_nonzero(mask))
        if self._masking.as_rle:
            file = rle.encode(mask.view(np.uint8)).encode("ascii")
        else:
            file = _png_of_mask()(tf.constant(mask)).numpy()
        return Answer(file, height, width, area)

    def _mask_function(self) -> Callable[..., tf.Tensor]:
        def mask(scores: tf.Tensor, height: tf.Tensor, width: tf.Tensor) -> tf.Tensor:
            return prediction.full_size_mask(scores, height, width, self._threshold, self._config)

        return tf.function(
            mask,
            input_signature=[
                tf.TensorSpec([None, None], tf.float32),
                tf.TensorSpec([], tf.int32),
                tf.TensorSpec([], tf.int32),
            ],
            autograph=False,
        )


def _of_size(probabilities: NDArray[np.float32], size: NDArray[np.int64]) -> NDArray[np.float32]:
    """Enlarges float32 [N, h, w] in [0, 1] to a size, [N, *size]."""
    if probabilities.shape[1:] == tuple(size):
        return probabilities
    enlarged = [enlarge(tf.constant(each), int(size[0]), int(size[1])) for each in probabilities]
    return np.clip(np.stack(enlarged), 0.0, 1.0)


def _pixels(photograph: bytes) -> NDArray[np.uint8]:
    """Decodes a photograph as it is shown, uint8 [H, W, 3]."""
    try:
        return decode_shown(photograph)
    except InvalidPhotograph as error:
        raise UnusablePhotograph(Reason.UNDECODABLE_IMAGE, str(error)) from error


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Encodes what a model is to see of a photograph; quickly, as nobody keeps it."""
    fast = (cv2.IMWRITE_PNG_COMPRESSION, 1)
    return bytes(cv2.imencode(".png", np.ascontiguousarray(pixels), fast)[1].tobytes())


@functools.cache
def _png_of_mask() -> Callable[[tf.Tensor], tf.Tensor]:
    encode = tf.function(encode_mask, autograph=False)
    return encode.get_concrete_function(tf.TensorSpec([None, None], tf.bool))
