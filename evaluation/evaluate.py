"""Evaluates models on photographs with TFMA, on any Beam runner: all models in one pass."""

import dataclasses
import json
import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import tensorflow as tf
import tensorflow_model_analysis as tfma
from tensorflow_model_analysis.proto import config_pb2

from evaluation.extractor import SCORES_KEY, STAGE_NAME, ModelLoaders, score_extractor
from evaluation.figures import Figures
from evaluation.label_observation import LabelObservation
from evaluation.masked_photograph import records_of
from evaluation.mean_figure import MeanFigure
from evaluation.photograph_score import PhotographScore
from evaluation.score_photograph import ScoredPhotograph

_SCORES_PREFIX = "photograph_scores"
# One share of the records each; more than workers, so that none waits for the last one.
_SHARES = 16


def add_evaluation(
    root: beam.Pipeline,
    paths: Sequence[str],
    models: ModelLoaders,
    output: str,
    slices: Sequence[str] = (),
    heard: Collection[str] | None = None,
) -> None:
    """Adds an evaluation on a split of the pipeline's examples to a Beam pipeline.

    Workers read the records themselves and skip each other's, so that no photograph is ever passed
    between steps: memory stays what a few photographs take.

    Args:
        root: The pipeline.
        paths: Gzipped TFRecord files of examples that follow the data contract.
        models: How each model is loaded, by name.
        output: Folder; gets TFMA's result (``tfma.load_eval_result(output)``) and what
            ``read_scores`` reads.
        slices: Features to slice by, beside the whole.
        heard: Models that the label audit hears; all where None. Those that are known to be no
            judges cost time.

    Raises:
        ValueError: If there is no record, or no file.
    """
    total = sum(1 for _ in records_of(list(paths))) if paths else 0
    if not total:
        raise ValueError("no photograph to evaluate the models on")
    shares = min(_SHARES, total)
    records = (
        root
        | "Shares" >> beam.Create([(tuple(paths), index, shares) for index in range(shares)])
        | "Spread" >> beam.Reshuffle()
        | "Records" >> beam.FlatMap(_records_of_share)
    )
    add_evaluation_of(records, total, models, output, slices, heard)


def add_evaluation_of(
    records: Any,
    total: int,
    models: ModelLoaders,
    output: str,
    slices: Sequence[str] = (),
    heard: Collection[str] | None = None,
) -> None:
    """Adds an evaluation on records that an earlier step reads to a Beam pipeline.

    Args:
        records: PCollection of serialized examples that follow the data contract. Read them after
            the last shuffle: Beam then passes them on one by one, and memory stays flat.
        total: How many they are, for the progress bar.
        models: See ``add_evaluation``.
        output: The same.
        slices: The same.
        heard: The same.
    """
    config = _eval_config(list(models), slices)
    extractors = [
        score_extractor(models, total, heard),
        tfma.extractors.SliceKeyExtractor(eval_config=config, materialize=False),
    ]
    evaluators = [
        tfma.evaluators.MetricsPlotsAndValidationsEvaluator(eval_config=config),
        tfma.evaluators.Evaluator(
            stage_name="PhotographScores",
            run_after=STAGE_NAME,
            ptransform=_TakeScores(),
        ),
    ]
    writers = [
        *tfma.default_writers(output_path=output, eval_config=config),
        tfma.writers.Writer("WritePhotographScores", _WriteScores(output)),
    ]
    _ = (
        records
        | "Extracts" >> tfma.InputsToExtracts()
        | "Evaluate" >> tfma.ExtractAndEvaluate(extractors=extractors, evaluators=evaluators)
        | "Write" >> tfma.WriteResults(writers=writers)
    )


def read_scores(output: str) -> list[ScoredPhotograph]:
    """Reads what an evaluation saw of each photograph, in order of image id."""
    scored = []
    for path in tf.io.gfile.glob(os.path.join(output, f"{_SCORES_PREFIX}-*.jsonl")):
        with tf.io.gfile.GFile(path) as file:
            for line in file:
                known = json.loads(line)
                scores = tuple(
                    PhotographScore(**each | {"figures": Figures(**each["figures"])})
                    for each in known["scores"]
                )
                scored.append(ScoredPhotograph(scores, LabelObservation.from_json(known["label"])))
    return sorted(scored, key=lambda each: each.scores[0].image_id)


def scores_by_model(scored: Iterable[ScoredPhotograph]) -> dict[str, list[PhotographScore]]:
    """Turns scores by photograph into scores by model name."""
    by_model: dict[str, list[PhotographScore]] = {}
    for photograph in scored:
        for score in photograph.scores:
            by_model.setdefault(score.model, []).append(score)
    return by_model


def _eval_config(models: list[str], slices: Sequence[str]) -> config_pb2.EvalConfig:
    figures = [field.name for field in dataclasses.fields(Figures)]
    return config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(name=name) for name in models],
        # Named by module, as the configuration that TFMA keeps needs it to be read elsewhere.
        metrics_specs=[
            config_pb2.MetricsSpec(
                metrics=[
                    config_pb2.MetricConfig(
                        class_name=MeanFigure.__name__,
                        module=MeanFigure.__module__,
                        config=json.dumps({"name": name}),
                    )
                    for name in (*figures, "ceiling", "fault")
                ],
                model_names=models,
            )
        ],
        slicing_specs=[
            config_pb2.SlicingSpec(),
            *(config_pb2.SlicingSpec(feature_keys=[name]) for name in slices),
        ],
    )


def _records_of_share(share: tuple[tuple[str, ...], int, int]) -> Iterator[bytes]:
    paths, index, shares = share
    for number, record in enumerate(records_of(list(paths))):
        if number % shares == index:
            yield record


class _TakeScores(beam.PTransform):
    def expand(self, extracts: Any) -> dict[str, Any]:
        return {SCORES_KEY: extracts | "Scores" >> beam.Map(lambda each: each[SCORES_KEY])}


class _WriteScores(beam.PTransform):
    def __init__(self, output: str) -> None:
        super().__init__()
        self._output = output

    def expand(self, evaluation: dict[str, Any]) -> Any:
        return evaluation[SCORES_KEY] | beam.io.WriteToText(
            os.path.join(self._output, _SCORES_PREFIX), file_name_suffix=".jsonl"
        )
