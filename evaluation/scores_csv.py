"""All scores as one table for people and spreadsheets: a row per model and photograph."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields

import tensorflow as tf

from evaluation.figures import Figures
from evaluation.photograph_score import PhotographScore

SCORES_FILE = "scores.csv"


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
