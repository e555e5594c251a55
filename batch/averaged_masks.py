"""Masks from models' probabilities: several models averaged, tiles, or an overridden choice.

All of it is made of the trainer's own functions, from ``probability`` on: what one model enlarges
and cuts, this enlarges and cuts in the same way.
"""

import functools
import itertools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from batch.answer import Answer, refusal
from batch.loaded_model import ask, load_model
from batch.masking import Masking
from batch.photograph_size import photograph_size
from batch.seen_pixels import as_png, decoded, shrunk
from batch.tiling import TilePlace, tile_places, tile_weights
from components.photograph_example import check_header
from components.quarantine import UnusablePhotograph
from pipeline.config import PhotographLimits, PredictionConfig
from serving.errors import ServingError
from serving.server.servable import Servable
from trainer import prediction, rle
from trainer.mask_png import encode_mask
from trainer.resize import enlarge, shrink
from trainer.signatures import PROBABILITY

# Those of the largest medium-format cameras; larger ones are set aside before anything is decoded.
_LIMITS = PhotographLimits(max_pixels=160_000_000, max_bytes=2**31 - 1)
_TILES_AT_ONCE = 4
# Where logits are averaged or enlarged, they end where the trainer's do.
_SURE = 1.0 / (1.0 + math.exp(-prediction.LARGEST_LOGIT))

_Scores = NDArray[np.float64]


class AveragedMasks:
    """See ``MaskMaker``."""

    def __init__(self, models: Sequence[Servable], masking: Masking) -> None:
        """Takes over loaded models, one for each member; use ``load``."""
        self._models = models
        self._masking = masking
        self._config = PredictionConfig(enlarge=masking.enlarged())
        self._threshold = masking.cut_at()
        self._mirrored = masking.mirrored()
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
        if self._masking.tile is not None:
            height, width = check_header(photograph, _LIMITS)
            places = tile_places(height, width, self._masking.tile)
            if len(places) > 1:
                return self._encode(self._tiled(decoded(photograph), places))

        def mirror(size: tuple[int, int]) -> list[bytes]:
            return [as_png(shrunk(photograph, *size)[:, ::-1])]

        # The file itself: what a model decodes is then what it decodes for everybody.
        [scores] = self._scores(lambda _: [photograph], mirror)
        return self._cut(scores, *photograph_size(photograph))

    def _tiled(self, pixels: NDArray[np.uint8], places: list[TilePlace]) -> NDArray[np.bool_]:
        """Returns the mask, bool [H, W]. Of scores no more is held than one row of tiles."""
        height, width = pixels.shape[:2]
        mask = np.empty((height, width), np.bool_)
        rows = [list(row) for _, row in itertools.groupby(places, key=lambda place: place.top)]
        total = weight = np.zeros((0, width), np.float32)
        for row, after in itertools.zip_longest(rows, rows[1:]):
            top, bottom = row[0].top, row[0].bottom
            new = ((0, bottom - top - len(total)), (0, 0))
            total, weight = np.pad(total, new), np.pad(weight, new)
            for place, scores in zip(row, self._of_tiles(pixels, row), strict=True):
                columns = slice(place.left, place.right)
                of_tile = tile_weights(place, height, width)
                total[:, columns] += of_tile * enlarge(tf.constant(scores), *of_tile.shape).numpy()
                weight[:, columns] += of_tile
            done = (after[0].top if after else height) - top
            mask[top : top + done] = total[:done] / weight[:done] > self._cut_off()
            total, weight = total[done:], weight[done:]
        return mask

    def _of_tiles(
        self, pixels: NDArray[np.uint8], places: list[TilePlace]
    ) -> Iterator[NDArray[np.float32]]:
        """Yields the scores of each tile."""
        for start in range(0, len(places), _TILES_AT_ONCE):
            some = places[start : start + _TILES_AT_ONCE]
            yield from self._of_parts(
                [pixels[each.top : each.bottom, each.left : each.right] for each in some]
            )

    def _of_parts(self, parts: list[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        def seen(size: tuple[int, int]) -> list[NDArray[np.uint8]]:
            return [shrink(tf.constant(part), *size).numpy() for part in parts]

        return self._scores(
            lambda model: [as_png(each) for each in seen(self._sizes[model])],
            lambda size: [as_png(each[:, ::-1]) for each in seen(size)],
        )

    def _scores(
        self,
        files: Callable[[int], list[bytes]],
        mirrors: Callable[[tuple[int, int]], list[bytes]],
    ) -> list[NDArray[np.float32]]:
        """Averages the models' probabilities, of the largest model's size, as they are enlarged.

        Args:
            files: What a model is asked for, by its index.
            mirrors: The same mirrored, by the size of its input; not called before the model has
                taken ``files``.
        """
        of_models: list[_Scores] = []
        for index, (model, space) in enumerate(zip(self._models, self._mirrored, strict=True)):
            scores = _asked(model, files(index))
            if space is not None:
                other = _asked(model, mirrors(_size_of(scores)))
                scores = _mean_of_two(scores, other[:, :, ::-1], space)
            of_models.append(scores)
        size = np.max([each.shape[1:] for each in of_models], axis=0)
        mean = np.mean([_of_size(each, size) for each in of_models], axis=0)
        if self._config.enlarge == "logits":
            mean = _logits(mean)
        return list(mean.astype(np.float32))

    @functools.cached_property
    def _sizes(self) -> list[tuple[int, int]]:
        """Height and width of each model's input, pixels; what it answers is of that size."""
        anything = [as_png(np.zeros((1, 1, 3), np.uint8))]
        return [_size_of(_asked(model, anything)) for model in self._models]

    def _cut(self, scores: NDArray[np.float32], height: int, width: int) -> Answer:
        mask = self._mask(tf.constant(scores), tf.constant(height), tf.constant(width)).numpy()
        return self._encode(mask)

    def _cut_off(self) -> float:
        """Returns the threshold as ``trainer.prediction.full_size_mask`` has it."""
        if self._config.enlarge != "logits":
            return self._threshold
        if self._threshold == 0.0:
            return -math.inf
        return math.log(self._threshold / (1.0 - self._threshold))

    def _encode(self, mask: NDArray[np.bool_]) -> Answer:
        area = int(np.count_nonzero(mask))
        if self._masking.as_rle:
            file = rle.encode(mask.view(np.uint8)).encode("ascii")
        else:
            file = _png_of_mask()(tf.constant(mask)).numpy()
        height, width = mask.shape
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


def _asked(model: Servable, files: list[bytes]) -> _Scores:
    """Returns probabilities [N, h, w]; in double precision logits come back from them."""
    return ask(model, PROBABILITY, PROBABILITY, files).astype(np.float64)


def _size_of(scores: _Scores) -> tuple[int, int]:
    _, height, width = scores.shape
    return height, width


def _mean_of_two(one: _Scores, other: _Scores, space: Literal["probability", "logits"]) -> _Scores:
    """Averages probabilities as ``trainer.prediction.predict`` does, in either space."""
    if space == "logits":
        return 1.0 / (1.0 + np.exp(-(_logits(one) + _logits(other)) / 2.0))
    return (one + other) / 2.0


def _logits(probabilities: _Scores) -> _Scores:
    sure = np.clip(probabilities, 1.0 - _SURE, _SURE)
    return np.log(sure / (1.0 - sure))


def _of_size(probabilities: _Scores, size: NDArray[np.int64]) -> _Scores:
    """Enlarges [N, h, w] in [0, 1] to a size, [N, *size]."""
    if probabilities.shape[1:] == tuple(size):
        return probabilities
    enlarged = [
        enlarge(tf.constant(each, tf.float32), int(size[0]), int(size[1])) for each in probabilities
    ]
    return np.clip(np.stack(enlarged).astype(np.float64), 0.0, 1.0)


@functools.cache
def _png_of_mask() -> Callable[[tf.Tensor], tf.Tensor]:
    encode = tf.function(encode_mask, autograph=False)
    return encode.get_concrete_function(tf.TensorSpec([None, None], tf.bool))
