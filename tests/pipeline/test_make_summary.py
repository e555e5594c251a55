import pytest

from evaluation.bootstrap import Interval
from evaluation.clause import Clause
from evaluation.make_classifier.make_evaluation import (
    EVALUATION_FILE,
    MAKE_EVALUATION,
    MakeEvaluation,
    MakeFigures,
    Shares,
)
from pipeline.make_summary import make_lines, summarize_make
from pipeline.run_record import RunRecord

CLAUSE = Clause("beats the majority class", False, "right on 25.0%", {"gain": -0.25})


def shares(top_1, top_5, low=0.125, high=0.5):
    return Shares(
        photographs=32,
        cars=2,
        top_1=Interval(top_1, low, high),
        top_5=Interval(top_5, None, None),
    )


def figures(of):
    return MakeFigures(all_makes=of, seen_makes=None)


@pytest.fixture
def summarized(tmp_path):
    def summarized(models, properties=None):
        evaluation = MakeEvaluation(
            blessed=False,
            clauses=(CLAUSE,),
            majority="Acme" if models else "",
            without_make=0,
            models={name: figures(of) for name, of in models.items()},
            makes=(),
            confusion=(),
        )
        (tmp_path / EVALUATION_FILE).write_bytes(MAKE_EVALUATION.dump_json(evaluation))
        pushed = {("MakePusher", "pushed_model"): properties} if properties else {}
        uris = {("MakeGate", "evaluation"): str(tmp_path)}
        return summarize_make(RunRecord({}, uris, pushed))

    return summarized


def test_a_run_without_one():
    assert summarize_make(RunRecord({}, {}, {})) is None


def test_figures_beside_the_majoritys(summarized):
    summary = summarized({"make": shares(0.25, 0.75), "majority": shares(0.5, 0.875)})
    assert (summary.top_1, summary.top_5) == (0.25, 0.75)
    assert summary.top_1_interval == (0.125, 0.5)
    assert (summary.majority_top_1, summary.majority_top_5) == (0.5, 0.875)
    assert summary.pushed is None
    assert make_lines(summary) == [
        "The make classifier is rejected: right on 25.0% of 32 test photographs, among five 75.0%; "
        "always Acme: 50.0%, 87.5%",
        "  NO  beats the majority class: right on 25.0%",
    ]


def test_one_car_has_no_interval(summarized):
    only = shares(0.25, 0.75, low=None, high=None)
    assert summarized({"make": only, "majority": only}).top_1_interval is None


def test_nobody_was_asked(summarized):
    summary = summarized({})
    assert (summary.photographs, summary.top_1, summary.majority_top_5) == (0, None, None)
    assert make_lines(summary)[0] == "The make classifier is rejected:"


def test_where_it_was_pushed_to(summarized, tmp_path):
    models = {"make": shares(0.25, 0.75), "majority": shares(0.5, 0.875)}
    there = {"pushed": 1, "pushed_destination": str(tmp_path)}
    assert summarized(models, there).pushed == str(tmp_path)
    assert summarized(models, {**there, "pushed": 0}).pushed is None
    assert (
        summarized(models, {**there, "pushed_destination": str(tmp_path / "gone")}).pushed is None
    )
