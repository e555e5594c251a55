"""The labels that somebody should look at, as a file: one suspect a line, most suspect first."""

import json
from collections.abc import Iterable
from dataclasses import asdict

import tensorflow as tf

from evaluation.label_audit import LabelledPhotograph, Suspect, audit_labels
from evaluation.score_photograph import ScoredPhotograph

SUSPECTS_FILE = "suspected_labels.jsonl"


def suspected_labels(scored: Iterable[ScoredPhotograph]) -> list[Suspect]:
    """Audits the labels of all photographs of an evaluation, see ``evaluation.label_audit``."""
    return audit_labels(
        [
            LabelledPhotograph(
                each.scores[0].image_id,
                each.scores[0].group_id,
                each.scores[0].pose,
                each.label,
                {score.model: score.figures.dice for score in each.scores},
            )
            for each in scored
        ]
    )


def write_suspects(path: str, suspects: Iterable[Suspect]) -> None:
    """Writes suspects as JSON lines.

    Args:
        path: On any file system that TensorFlow writes to.
        suspects: In the order of the lines.
    """
    with tf.io.gfile.GFile(path, "w") as file:
        file.write("".join(json.dumps(asdict(suspect)) + "\n" for suspect in suspects))
