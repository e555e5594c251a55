"""The TFMA extractor: from a record to what every model did on its photograph.

What TFMA calls predictions are the figures here, by model name; masks are compared and dropped
inside the step, so that memory does not grow with the number of photographs.
"""

import contextlib
import json
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_model_analysis as tfma

from evaluation.asked_model import AskedModel
from evaluation.masked_photograph import MaskedPhotograph
from evaluation.score_photograph import ScoredPhotograph, score_photograph
from evaluation.slices import slice_values
from pipeline import progress

SCORES_KEY = "photograph_scores"
STAGE_NAME = "ScorePhotographs"

ModelLoaders = Mapping[str, Callable[[], AskedModel]]


def score_extractor(
    models: ModelLoaders, total: int, heard: Collection[str] | None = None
) -> tfma.extractors.Extractor:
    """Makes the extractor.

    Args:
        models: How each model is loaded, by name; called once per process.
        total: Photographs of the whole evaluation, for the progress bar.
        heard: See ``score_photograph``.

    Returns:
        Adds to each extract ``features`` (to slice by), ``predictions`` (figures by model) and, as
        one line of JSON, ``photograph_scores`` (a ``ScoredPhotograph``).
    """
    return tfma.extractors.Extractor(
        stage_name=STAGE_NAME,
        ptransform=beam.ParDo(_ScorePhotograph(models, total, heard)).with_output_types(
            tfma.Extracts
        ),
    )


class _ModelsOfProcess:
    """The models of the evaluations of this process: loaded by the first thread, freed by the last.

    Beam's own ``Shared`` keeps what was acquired last for as long as the process lives: all models
    of an evaluation that is over.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, tuple[dict[str, AskedModel], int]] = {}

    def acquire(self, evaluation: str, loaders: ModelLoaders) -> dict[str, AskedModel]:
        with self._lock:
            models, users = self._loaded.get(evaluation, ({}, 0))
            if not users:
                models = _load_all(loaders)
            self._loaded[evaluation] = models, users + 1
            return models

    def release(self, evaluation: str) -> None:
        with self._lock:
            models, users = self._loaded.pop(evaluation)
            if users > 1:
                self._loaded[evaluation] = models, users - 1
                return
        for model in models.values():
            model.close()


def _load_all(loaders: ModelLoaders) -> dict[str, AskedModel]:
    models: dict[str, AskedModel] = {}
    # Where one cannot be loaded, those before it are freed.
    with contextlib.ExitStack() as loaded:
        for name, load in loaders.items():
            models[name] = load()
            loaded.callback(models[name].close)
        loaded.pop_all()
    return models


_MODELS = _ModelsOfProcess()


class _ScorePhotograph(beam.DoFn):
    def __init__(self, models: ModelLoaders, total: int, heard: Collection[str] | None) -> None:
        self._loaders = models
        self._heard = heard
        self._total = total
        self._evaluation = uuid.uuid4().hex

    def setup(self) -> None:
        self._models = _MODELS.acquire(self._evaluation, self._loaders)

    def teardown(self) -> None:
        _MODELS.release(self._evaluation)

    def process(self, extracts: tfma.Extracts) -> Iterator[tfma.Extracts]:
        photograph = MaskedPhotograph.parse(extracts[tfma.INPUT_KEY])
        scored = score_photograph(photograph, self._models, self._heard)
        yield {
            tfma.FEATURES_KEY: slice_values(photograph, scored),
            tfma.PREDICTIONS_KEY: _figures_by_model(scored),
            SCORES_KEY: json.dumps(asdict(scored)),
        }
        progress.advance(self._total, "photographs")


def _figures_by_model(scored: ScoredPhotograph) -> dict[str, dict[str, np.ndarray]]:
    by_model = {}
    for score in scored.scores:
        figures: dict[str, Any] = asdict(score.figures)
        figures["fault"] = bool(score.fault)
        if score.ceiling >= 0:
            figures["ceiling"] = score.ceiling
        by_model[score.model] = {
            name: np.array([value], np.float64) for name, value in figures.items()
        }
    return by_model
