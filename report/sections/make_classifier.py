"""Can the make of a car be told from its photograph? What the make classifier answers, and when."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import tensorflow as tf

from evaluation.make_classifier.make_evaluation import (
    EVALUATION_FILE,
    MAKE_EVALUATION,
    MakeEvaluation,
    Shares,
)
from evaluation.make_classifier.make_evidence import BLESSED, CANDIDATE, MAJORITY
from evaluation.make_classifier.make_rule import BEATS_THE_MAJORITY
from report.plots.curves import Points, curves
from report.plots.svg import Plot
from report.section import Section
from report.template import render
from trainer.fit import FIT_FILE
from trainer.fit_model import HISTORY_FILE
from trainer.make_classifier.make_fit import MAKE_FIT

_NAMES = {CANDIDATE: "make classifier", MAJORITY: "majority", BLESSED: "last blessed"}


@dataclass(frozen=True)
class _Row:
    name: str
    shares: Shares


@dataclass(frozen=True)
class _Matrix:
    """Counts of answers.

    Attributes:
        answers: The columns.
        rows: A make, its photographs, and how many of them got each of the answers.
    """

    answers: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[int, ...]], ...]


def make_classifier_section(make_fit: str, make_evaluation: str) -> Section:
    """Builds the section; what is missing it says.

    Args:
        make_fit: The make classifier's ``model_run``.
        make_evaluation: MakeGate's ``evaluation``.

    Raises:
        pydantic.ValidationError: If a file holds something else than it should.
    """
    found = _read(os.path.join(make_fit, FIT_FILE))
    fit = MAKE_FIT.validate_json(found) if found else None
    history = _history(_read(os.path.join(make_fit, HISTORY_FILE)))
    found = _read(os.path.join(make_evaluation, EVALUATION_FILE))
    evaluation = MAKE_EVALUATION.validate_json(found) if found else None
    makes = evaluation.makes if evaluation else ()
    html = render(
        "make_classifier.html",
        fit=fit,
        evaluation=evaluation,
        conclusion=_conclusion(evaluation) if evaluation else "",
        tables=_tables(evaluation) if evaluation else [],
        failed=[clause for clause in evaluation.clauses if not clause.passed] if evaluation else [],
        plots=_plots(history) if len(history.get("epoch", ())) else (),
        tested=[row for row in makes if row.test_photographs],
        unseen=[row for row in makes if row.test_photographs and not row.train_photographs],
        once=[row.make for row in makes if row.train_cars == 1],
        matrix=_matrix(evaluation) if evaluation else None,
    )
    return Section("make-classifier", "Make classifier", html)


def _read(path: str) -> bytes:
    """Returns a file's content; nothing where there is none."""
    if not tf.io.gfile.exists(path):
        return b""
    with tf.io.gfile.GFile(path, "rb") as file:
        return file.read()


def _history(content: bytes) -> dict[str, list[float]]:
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    return {name: [float(row[name]) for row in rows] for name in (rows[0] if rows else ())}


def _conclusion(evaluation: MakeEvaluation) -> str:
    """Says in a sentence whether it beats the majority class."""
    beats = next((c for c in evaluation.clauses if c.name == BEATS_THE_MAJORITY), None)
    if beats is None:
        return f"There is nothing to say of held-out cars: {evaluation.clauses[0].reason}."
    gain, low = beats.numbers["gain"], beats.numbers["low"]
    if low > 0:
        return "It beats the majority class on held-out cars."
    if gain > 0:
        return (
            "It does not beat the majority class on held-out cars by more than chance explains: "
            "the interval of the difference reaches down to zero or below."
        )
    return "It does not beat the majority class on held-out cars."


def _tables(evaluation: MakeEvaluation) -> list[tuple[str, list[_Row]]]:
    """Returns a table over all makes, and one over those that training has seen if they differ."""
    order = [name for name in _NAMES if name in evaluation.models]
    everything = [_Row(_NAMES[name], evaluation.models[name].all_makes) for name in order]
    seen = [
        _Row(_NAMES[name], shares)
        for name in order
        if (shares := evaluation.models[name].seen_makes)
    ]
    tables = [("all makes", everything)] if everything else []
    if seen and seen[0].shares.photographs < everything[0].shares.photographs:
        tables.append(("makes that training has seen", seen))
    return tables


def _plots(history: Mapping[str, Sequence[float]]) -> list[Plot]:
    epochs = [epoch + 1 for epoch in history["epoch"]]

    def lines(**columns: str) -> dict[str, Points]:
        return {
            name.replace("_", " "): list(zip(epochs, history[column], strict=True))
            for name, column in columns.items()
            if column in history
        }

    return [
        curves(
            "make-accuracy",
            "Share of right answers after each epoch; the augmented photographs of train are "
            "harder than those of val",
            ("epoch", "right answers"),
            lines(train="accuracy", val="val_accuracy", val_among_five="val_top_5_accuracy"),
        ),
        curves(
            "make-loss",
            "Categorical cross-entropy after each epoch",
            ("epoch", "loss"),
            lines(train="loss", val="val_loss"),
        ),
    ]


def _matrix(evaluation: MakeEvaluation) -> _Matrix | None:
    counts = {(each.make, each.answer): each.photographs for each in evaluation.confusion}
    if not counts:
        return None
    answers = tuple(sorted({answer for _, answer in counts}))
    rows = []
    for make in sorted({make for make, _ in counts}):
        row = tuple(counts.get((make, answer), 0) for answer in answers)
        rows.append((make, sum(row), row))
    return _Matrix(answers, tuple(rows))
