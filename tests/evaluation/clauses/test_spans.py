import pytest

from evaluation.clauses.spans import no_shifted_span
from evaluation.verdict import judge
from pipeline.config import GateConfig

CONFIG = GateConfig(max_offset=0.0625)


def cars(first, *offsets, **changes):
    """Photographs of some cars with offsets in pixels of 1000, two of each car."""
    return {
        f"{chr(ord(first) + number)}_{pose:02}": {"offset_x": x, "offset_y": y, **changes}
        for number, (x, y) in enumerate(offsets)
        for pose in (1, 2)
    }


def spans(**first_and_last):
    """Returns the span of each photograph of the cars from one letter to another."""
    return {
        f"{chr(letter)}_{pose:02}": int(span.removeprefix("span"))
        for span, (first, last) in first_and_last.items()
        for letter in range(ord(first), ord(last) + 1)
        for pose in (1, 2)
    }


RIGHT = cars("a", (0, 0), (10, 0), (-10, 5))
SHIFTED = cars("d", (-300, -400), (-290, -410), (-310, -390))
TWO = spans(span1="ac", span2="df")


def test_a_shifted_span_fails_where_the_candidate_did_not_learn_it(evidence_of):
    clause = no_shifted_span(evidence_of(RIGHT | SHIFTED, spans=TWO), CONFIG)
    assert not clause.passed
    assert clause.name == "no span with shifted masks"
    assert clause.reason == (
        "span 2, the candidate's masks -30.000% to the right and -40.000% down over 3 cars; at "
        "most 12.500% is asked: look at its hand-made masks"
    )
    assert clause.numbers == {"max_offset": 0.125, "span 2 unet": pytest.approx(0.5)}
    assert {each[0] for each in clause.photographs} == {"d", "e", "f"}
    assert clause.photographs[0] == "e_01"


def test_it_fails_too_where_the_candidate_learned_it(evidence_of):
    # Nothing but shifted masks, which the candidate fits; the last blessed model does not.
    evidence = evidence_of(
        cars("d", (0, 0), (1, 0), (0, 1)),
        blessed={name: {**each, "dice": 0.95} for name, each in SHIFTED.items()},
        spans=spans(span3="df"),
    )
    clause = no_shifted_span(evidence, CONFIG)
    assert not clause.passed
    assert clause.reason.startswith("span 3, the last blessed model's masks -30.000% to the right")
    assert clause.numbers["span 3 blessed"] == pytest.approx(0.5)


def test_a_blessed_model_that_fails_on_new_photographs_says_nothing(evidence_of):
    evidence = evidence_of(
        cars("d", (0, 0), (1, 0), (0, 1)),
        blessed={name: {**each, "dice": 0.89} for name, each in SHIFTED.items()},
        spans=spans(span3="df"),
    )
    assert no_shifted_span(evidence, CONFIG).passed


def test_spans_that_are_right_pass_with_the_largest_offset_told(evidence_of):
    unet = RIGHT | cars("d", (30, 40), (30, 40), (30, 40))
    clause = no_shifted_span(evidence_of(unet, spans=TWO), CONFIG)
    assert clause.passed
    assert clause.reason.startswith("largest median offset: span 2, the candidate's masks +3.000%")
    assert clause.numbers == {"max_offset": 0.125, "span 2 unet": pytest.approx(0.05)}
    assert clause.photographs == ()


def test_one_car_that_went_wrong_does_not_fail(evidence_of):
    unet = RIGHT | cars("d", (0, 0), (900, 0), (0, 0))
    assert no_shifted_span(evidence_of(unet, spans=TWO), CONFIG).passed


@pytest.mark.parametrize("fault", [False, True])
def test_two_cars_are_too_few(evidence_of, fault):
    two = {name: each for name, each in SHIFTED.items() if name[0] != "f"}
    if fault:
        two |= {name: {**SHIFTED[name], "dice": 0.0, "fault": "none"} for name in ("f_01", "f_02")}
    clause = no_shifted_span(evidence_of(two, spans=spans(span2="df")), CONFIG)
    assert clause.passed
    assert clause.reason == "no span has 3 test cars to tell"


def test_exactly_the_limit_passes(evidence_of):
    unet = cars("d", (125, 0), (125, 0), (125, 0))
    assert no_shifted_span(evidence_of(unet, spans=spans(span2="df")), CONFIG).passed


def test_the_rule_asks_it_where_the_spans_are_known(evidence_of):
    def names(**known):
        verdict = judge(evidence_of(RIGHT | SHIFTED, **known), GateConfig(max_offset=0.3))
        return {clause.name: clause.passed for clause in verdict.clauses}

    assert "no span with shifted masks" not in names()
    assert names(spans=TWO)["no span with shifted masks"] is True
    tight = judge(evidence_of(RIGHT | SHIFTED, spans=TWO), GateConfig(max_offset=0.2))
    assert not tight.blessed
