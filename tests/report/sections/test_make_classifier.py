"""What the section says of known files, and what where something is missing."""

import dataclasses
import re

import pytest

from evaluation.make_classifier.make_answer import MakeAnswer
from evaluation.make_classifier.make_evaluation import EVALUATION_FILE, MAKE_EVALUATION
from evaluation.make_classifier.make_evidence import MakeEvidence
from evaluation.make_classifier.make_rule import judge_makes
from pipeline.config import (
    InputConfig,
    MakeFitConfig,
    MakeGateConfig,
    MakeTrainerConfig,
    PhotographLimits,
)
from report.page import page_of
from report.sections.make_classifier import make_classifier_section
from trainer.make_classifier.make_fit import MAKE_FIT, FittedMake, LeftOut, MakeFit

TRAIN = [("Acme", "a1"), ("Acme", "a2"), ("Bolt", "b1"), ("Bolt & <i>Sons</i>", "s1")]
HISTORY = """epoch,accuracy,loss,val_accuracy,val_loss,val_top_5_accuracy,learning_rate
0,0.25,2.5,0.1,2.75,0.5,0.001
1,0.5,2.0,0.2,2.25,0.6,0.001
"""
FIT = MakeFit(
    makes=(FittedMake("Acme", 2, 2), FittedMake("Bolt", 1, 1)),
    left_out={"train": LeftOut(0, 0), "val": LeftOut(1, 32)},
    not_fitted="",
    parameters=102_084,
    epochs=2,
    best_epoch=2,
    val_photographs=5,
    val_accuracy=0.2,
    precision="float32",
    seconds=12.3,
    config=MakeTrainerConfig(InputConfig(), MakeFitConfig(), PhotographLimits()),
)


def evidence_of(rows, without_make=0, train=TRAIN):
    """Rows of (car, make, first answer)."""
    return MakeEvidence(
        train=train,
        image_ids=[f"{car}_{index:02}" for index, (car, _, _) in enumerate(rows)],
        groups=[car for car, _, _ in rows],
        makes=[make for _, make, _ in rows],
        without_make=without_make,
        asked={"make": [MakeAnswer((answer,), (0.5,)) for _, _, answer in rows]} if rows else {},
    )


# Of ten cars, so that the interval is clear of zero: always Acme is right on two.
GOOD = [
    *[(f"a{n}", "Acme", "Acme") for n in range(2)],
    *[(f"b{n}", "Bolt", "Bolt") for n in range(8)],
]


@pytest.fixture
def text_of(tmp_path, read_page):
    """Builds the section from evidence, a fit and its history; returns the page as read."""

    def build(evidence=None, fit=FIT, history=HISTORY):
        if evidence is not None:
            judged = judge_makes(evidence, MakeGateConfig())
            (tmp_path / EVALUATION_FILE).write_bytes(MAKE_EVALUATION.dump_json(judged))
        if fit is not None:
            (tmp_path / "fit.json").write_bytes(MAKE_FIT.dump_json(fit))
        if history:
            (tmp_path / "history.csv").write_text(history)
        section = make_classifier_section(str(tmp_path), str(tmp_path))
        assert section.identity == "make-classifier"
        page = read_page(page_of("Run", "", (section,)).decode())
        page.html = section.html
        return page

    return build


def words(page):
    return page.sections["make-classifier"]


def test_a_model_that_beats_the_majority(text_of):
    page = text_of(evidence_of(GOOD))
    text = words(page)
    assert "It beats the majority class on held-out cars. It is blessed." in text
    assert "Asked about 10 photographs of 10 cars that no step of training has seen." in text
    assert "make classifier 100.0% 100.0% to 100.0% 100.0%" in text
    assert "majority 20.0% 0.0% to 50.0%" in text
    assert "102,084 parameters. Fitted for 2 of 40 epochs, 12 s in all" in text
    assert "the weights of epoch 2 were kept" in text
    assert re.search(r"Left out of val:\s+1 photograph without a make, 32 of makes", text)
    assert len(page.plots) == 2
    assert "Share of right answers after each epoch" in page.plots[0]


def test_a_model_that_does_not(text_of):
    always = [(car, make, "Acme") for car, make, _ in GOOD]
    text = words(text_of(evidence_of(always)))
    assert "It does not beat the majority class on held-out cars. It is rejected" in text
    assert "failed beats the majority class right on 20.0% against 20.0%" in text


def test_a_gain_that_may_be_luck_is_called_that(text_of):
    lucky = [(car, make, "Bolt" if car == "b0" else "Acme") for car, make, _ in GOOD]
    text = words(text_of(evidence_of(lucky)))
    assert "does not beat the majority class on held-out cars by more than chance explains" in text


def test_makes_never_seen_and_makes_of_one_car(text_of):
    rows = [*GOOD, ("z1", "Zeta", "Acme"), ("z1", "Zeta", "Bolt"), ("y1", "Yak", "Bolt")]
    text = words(text_of(evidence_of(rows, without_make=4)))
    assert "2 makes of the test split that training has never seen" in text
    assert "answered wrongly: Yak (1), Zeta (2)." in text
    assert "2 makes with one car in training: Bolt, Bolt & <i>Sons</i>." in text
    assert "4 photographs of the test split have no make and were left out." in text
    assert "Right answers, all makes: 13 photographs" in text
    assert "Right answers, makes that training has seen: 10 photographs" in text
    assert "Zeta 0 1 2 0 0" in text


def test_confusions(text_of):
    rows = [("b1", "Bolt", "Acme")] * 3 + [("b2", "Bolt", "Bolt"), ("a1", "Acme", "Acme")]
    page = text_of(evidence_of(rows))
    # Only what occurs: columns Acme and Bolt, rows Acme and Bolt.
    assert "First answers, by make Make Acme Bolt Acme 1 Bolt 3 1" in words(page)
    shades = re.findall(r"--series-(\d)\) (\d+)%", page.html)
    assert shades == [("1", "60"), ("2", "45"), ("1", "15")]


def test_names_are_escaped(text_of):
    page = text_of(evidence_of([("s", "Bolt & <i>Sons</i>", "<script>alert(1)</script>")]))
    assert "<script>alert(1)</script>" in words(page)
    assert "script" not in page.tags
    assert "i" not in page.tags


class TestMissing:
    def test_nothing_at_all(self, text_of):
        text = words(text_of(None, fit=None, history=""))
        assert "There is no make_evaluation.json" in text
        assert "There is no fit.json" in text

    def test_no_photograph_has_a_make(self, text_of):
        why = "no photograph of the training split has a make: is there a metadata.csv?"
        fit = dataclasses.replace(
            FIT, makes=(), not_fitted=why, val_accuracy=None, val_photographs=0, epochs=0
        )
        page = text_of(evidence_of([], without_make=9, train=[("", "a")]), fit=fit, history="")
        text = words(page)
        assert f"There is nothing to say of held-out cars: {why}" in text
        assert f"Nothing was fitted: {why}" in text
        assert page.plots == []

    def test_the_fit_had_no_val_photographs(self, text_of):
        page = text_of(evidence_of(GOOD), history="epoch,accuracy,loss\n0,0.25,2.5\n")
        assert len(page.plots) == 2

    def test_the_test_cars_are_one(self, text_of):
        text = words(text_of(evidence_of([("b1", "Bolt", "Bolt")] * 4)))
        assert "Asked about 4 photographs of 1 car that" in text
        assert "make classifier 100.0% one car 100.0% one car" in text
