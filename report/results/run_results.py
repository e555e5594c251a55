"""What the Gate left about a run's models, read once for all sections that tell of it."""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

import tensorflow as tf
from pydantic import TypeAdapter, ValidationError

from components.gate import VERDICT_FILE
from evaluation.label_audit import Suspect
from evaluation.photograph_score import PhotographScore
from evaluation.scores_csv import SCORES_FILE, read_scores_csv
from evaluation.suspected_labels import SUSPECTS_FILE
from evaluation.verdict import VERDICT, Verdict
from pipeline.config import GateConfig
from report.read_json import read_json
from report.results.model_names import in_order

# TFMA's own record of what it was asked for.
_EVAL_CONFIG_FILE = "eval_config.json"
_SUSPECT = TypeAdapter(Suspect)


@dataclass(frozen=True)
class RunResults:
    """The Gate's evaluation.

    Attributes:
        verdict: None where there is no verdict.json.
        scores: By model one score per photograph, in the order of a page; those whose Dice is no
            number are left out. Empty where there is no scores.csv.
        not_finite: How many were left out.
        slices: Features that the evaluation was sliced by.
        suspects: Labels to look at, most suspect first; None where there is no list.
    """

    verdict: Verdict | None
    scores: Mapping[str, tuple[PhotographScore, ...]]
    not_finite: int
    slices: tuple[str, ...]
    suspects: tuple[Suspect, ...] | None


def read_results(evaluation: str) -> RunResults:
    """Reads the Gate's evaluation.

    Args:
        evaluation: Its folder.

    Raises:
        ValueError: If a file holds something else; the message names it.
    """
    found = read_json(evaluation, VERDICT_FILE)
    try:
        verdict = None if found is None else VERDICT.validate_python(found)
    except ValidationError as error:
        path = os.path.join(evaluation, VERDICT_FILE)
        raise ValueError(f"{path} does not follow docs/verdict.schema.json: {error}") from error
    path = os.path.join(evaluation, SCORES_FILE)
    every = read_scores_csv(path) if tf.io.gfile.exists(path) else []
    by_model: dict[str, list[PhotographScore]] = {}
    for score in every:
        if math.isfinite(score.figures.dice):
            by_model.setdefault(score.model, []).append(score)
    return RunResults(
        verdict=verdict,
        scores={name: tuple(by_model[name]) for name in in_order(by_model)},
        not_finite=len(every) - sum(map(len, by_model.values())),
        slices=_slices(evaluation),
        suspects=_suspects(os.path.join(evaluation, SUSPECTS_FILE)),
    )


def _slices(evaluation: str) -> tuple[str, ...]:
    config = read_json(evaluation, _EVAL_CONFIG_FILE)
    if config is None:
        return GateConfig().slices
    specs = config.get("evalConfig", {}).get("slicingSpecs", ())
    return tuple(name for spec in specs for name in spec.get("featureKeys", ()))


def _suspects(path: str) -> tuple[Suspect, ...] | None:
    if not tf.io.gfile.exists(path):
        return None
    with tf.io.gfile.GFile(path, "rb") as file:
        lines = file.read().decode().split("\n")
    try:
        return tuple(_SUSPECT.validate_python(json.loads(line)) for line in lines if line)
    except ValueError as error:
        raise ValueError(f"{path}: a line is no suspect: {error}") from error
