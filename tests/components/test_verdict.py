import math

import pytest

from components.score import PhotographScore
from components.verdict import BrokenRival, judge
from pipeline.config import GateConfig

# Fractions that a float holds exactly, so that the exact margin is the exact margin.
CONFIG = GateConfig(baseline_margin=0.125, blessed_tolerance=0.0625)


def dice(*values):
    return [PhotographScore(f"car_{n:02}", "car", n, each) for n, each in enumerate(values, 1)]


def scores(unet, cnn=0.5, average_mask=0.25, blessed=None):
    given = {"unet": dice(unet), "cnn": dice(cnn), "average_mask": dice(average_mask)}
    return given | ({"blessed": dice(blessed)} if blessed is not None else {})


def passed(verdict):
    """The clauses about Dice."""
    answers, *others = verdict.clauses
    assert answers.name == "answers every photograph"
    assert answers.passed
    return [clause.passed for clause in others]


def test_all_clauses_pass_without_a_blessed_model():
    verdict = judge(scores(0.75), CONFIG)
    assert verdict.blessed
    assert verdict.dice == {"unet": 0.75, "cnn": 0.5, "average_mask": 0.25}
    assert [(clause.name, clause.passed, clause.reason) for clause in verdict.clauses] == [
        ("answers every photograph", True, "1 of 1 masks"),
        (
            "beats cnn",
            True,
            "Dice 0.7500 against 0.5000: +0.2500, at least +0.1250 is asked",
        ),
        (
            "beats average_mask",
            True,
            "Dice 0.7500 against 0.2500: +0.5000, at least +0.1250 is asked",
        ),
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        # Exactly the margin, and a hair below it, against each baseline.
        (scores(0.625), [True, True]),
        (scores(math.nextafter(0.625, 0)), [False, True]),
        (scores(0.625, cnn=0.25, average_mask=0.5), [True, True]),
        (scores(math.nextafter(0.625, 0), cnn=0.25, average_mask=0.5), [True, False]),
        (scores(0.5, cnn=0.5, average_mask=0.5), [False, False]),
        # Exactly the tolerance, and a hair below it.
        (scores(0.75, blessed=0.8125), [True, True, True]),
        (scores(math.nextafter(0.75, 0), blessed=0.8125), [True, True, False]),
        (scores(0.75, blessed=0.125), [True, True, True]),
        # Better than the last blessed model, but no longer than a baseline.
        (scores(0.75, cnn=0.75, blessed=0.5), [False, True, True]),
    ],
)
def test_each_clause_at_its_exact_margin(given, expected):
    verdict = judge(given, CONFIG)
    assert passed(verdict) == expected
    assert verdict.blessed == all(expected)


def test_the_reason_names_the_loss_against_the_blessed_model():
    clause = judge(scores(0.75, blessed=0.9375), CONFIG).clauses[-1]
    assert clause.name == "not worse than the last blessed model"
    assert clause.reason == "Dice 0.7500 against 0.9375: -0.1875, at least -0.0625 is asked"


def test_scores_are_means_over_the_photographs():
    verdict = judge(
        {"unet": dice(1.0, 0.5), "cnn": dice(0.0, 0.5), "average_mask": dice(0.25, 0.25)}, CONFIG
    )
    assert verdict.dice == {"unet": 0.75, "cnn": 0.25, "average_mask": 0.25}


@pytest.mark.parametrize("name", ["unet", "cnn", "average_mask", "blessed"])
def test_a_score_that_is_no_number_blesses_nothing(name):
    given = scores(0.75, blessed=0.75) | {name: dice(math.nan)}
    assert not judge(given, CONFIG).blessed


def test_without_a_margin_a_draw_is_enough():
    assert judge(scores(0.5, 0.5, 0.5, 0.5), GateConfig(0.0, 0.0)).blessed


FAULT = PhotographScore("car_07", "car", 7, 0.0, fault="ServingError: it broke")


def test_a_candidate_must_answer_every_photograph_however_good_it_is():
    perfect = dice(*[1.0] * 99)
    verdict = judge(
        {"unet": [*perfect, FAULT], "cnn": dice(*[0.5] * 100), "average_mask": dice(*[0.5] * 100)},
        CONFIG,
    )
    assert not verdict.blessed
    assert verdict.dice["unet"] == pytest.approx(0.99)
    assert [(clause.passed, clause.reason) for clause in verdict.clauses[:1]] == [
        (False, "99 of 100 masks; car_07: ServingError: it broke")
    ]
    assert [clause.passed for clause in verdict.clauses[1:]] == [True, True]


@pytest.mark.parametrize("rival", ["cnn", "average_mask", "blessed"])
def test_a_rival_that_does_not_answer_opens_no_gate(rival):
    given = scores(0.75, blessed=0.5)
    given[rival] = [FAULT]
    with pytest.raises(
        BrokenRival,
        match=f"^{rival} gave no mask for 1 photographs, first for car_07: ServingError: it broke$",
    ):
        judge(given, CONFIG)
