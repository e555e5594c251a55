import csv
import io

import pytest
import tensorflow as tf

from evaluation.make_classifier.make_answer import (
    MakeAnswer,
    answers_csv,
    photographs_with_make,
)


def test_photographs_without_a_make_are_passed_over(raw_example):
    examples = [
        raw_example("a_01", make=b"Acme"),
        raw_example("b_02", make=b""),
        raw_example("c_03", make="Škoda".encode()),
    ]
    dataset = tf.data.Dataset.from_tensor_slices([each.SerializeToString() for each in examples])
    found = list(photographs_with_make(dataset))
    assert [(each.image_id, each.group_id, each.make) for each in found] == [
        ("a_01", "a", "Acme"),
        ("c_03", "c", "Škoda"),
    ]
    assert found[0].image == examples[0].features.feature["image"].bytes_list.value[0]


def test_answers_as_a_table():
    photographs = [("a_01", "a", "Acme"), ("b_01", "b", 'B, "C"'), ("z_01", "z", "Zeta")]
    answers = [
        MakeAnswer(("Acme", "Bolt"), (0.75, 0.25)),
        MakeAnswer(("Acme", 'B, "C"'), (0.5, 0.4)),
        MakeAnswer((), fault="broken"),
    ]
    table = answers_csv(photographs, answers).decode()
    rows = list(csv.reader(io.StringIO(table)))
    assert rows == [
        ["image_id", "group_id", "make", "answer", "probability", "rank", "fault"],
        ["a_01", "a", "Acme", "Acme", "0.7500", "1", ""],
        ["b_01", "b", 'B, "C"', "Acme", "0.5000", "2", ""],
        ["z_01", "z", "Zeta", "", "", "", "broken"],
    ]


def test_each_photograph_needs_an_answer():
    with pytest.raises(ValueError, match="shorter"):
        answers_csv([("a_01", "a", "Acme")], [])
