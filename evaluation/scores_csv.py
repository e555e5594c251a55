"""All scores as one table for people and spreadsheets: a row per model and photograph."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, fields

import tensorflow as tf
from pydantic import TypeAdapter, ValidationError

from evaluation.figures import Figures
from evaluation.photograph_score import PhotographScore

SCORES_FILE = "scores.csv"

_SCORE = TypeAdapter(PhotographScore)


def write_scores_csv(path: str, scores: Iterable[PhotographScore]) -> None:
    """Writes one row per score, the figures as columns of their own.

    Args:
        path: On any file system that TensorFlow writes to.
        scores: Of all models.
    """
    figures = [field.name for field in fields(Figures)]
    known = [field.name for field in fields(PhotographScore) if field.name != "figures"]
    with tf.io.gfile.GFile(path, "w") as file:
        rows = csv.DictWriter(file, [*known, *figures])
        rows.writeheader()
        for score in scores:
            row = asdict(score)
            rows.writerow(row | row.pop("figures"))


def read_scores_csv(path: str) -> list[PhotographScore]:
    """Reads what ``write_scores_csv`` wrote.

    Args:
        path: On any file system that TensorFlow reads.

    Raises:
        ValueError: If a column is missing, or has a value of another type.
    """
    with tf.io.gfile.GFile(path, "rb") as file:
        rows = csv.DictReader(io.StringIO(file.read().decode(), newline=""))
    scores = []
    for row in rows:
        try:
            scores.append(_SCORE.validate_python(row | {"figures": row}))
        except ValidationError as error:
            raise ValueError(f"{path}, line {rows.line_num}: {error}") from error
    return scores
