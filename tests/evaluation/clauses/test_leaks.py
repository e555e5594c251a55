from evaluation.clauses.leaks import no_leaks
from evaluation.evidence import Leak

PHOTOGRAPHS = {"a_01": 1.0, "a_02": 1.0, "b_01": 1.0}


def test_nothing_in_two_splits_passes(evidence_of):
    clause = no_leaks(evidence_of(PHOTOGRAPHS))
    assert clause.passed
    assert clause.name == "nothing is in two splits"
    assert clause.numbers == {"cars": 0, "photographs": 0}
    assert clause.photographs == ()


def test_leaks_are_named(evidence_of):
    leaks = [
        Leak("photograph", ("b_01", "z_09"), ("test", "train"), ("b_01", "z_09")),
        Leak("car", ("a",), ("test", "val"), ("a_01", "a_02")),
    ]
    clause = no_leaks(evidence_of(PHOTOGRAPHS, leaks=leaks))
    assert not clause.passed
    assert clause.reason == (
        "2 cars or photographs in more than one split; car a in test and val; "
        "photograph b_01 = z_09 in test and train"
    )
    assert clause.numbers == {"cars": 1, "photographs": 1}
    assert clause.photographs == ("a_01", "a_02", "b_01", "z_09")


def test_a_car_that_the_test_split_does_not_hold_is_shown_too(evidence_of):
    leaks = [Leak("car", ("y",), ("train", "val"), ("y_01", "y_02"))]
    clause = no_leaks(evidence_of(PHOTOGRAPHS, leaks=leaks))
    assert not clause.passed
    assert clause.photographs == ("y_01", "y_02")


def test_a_long_list_is_cut(evidence_of):
    leaks = [Leak("car", (f"{n:02}",), ("train", "val"), (f"{n:02}_01",)) for n in range(9)]
    clause = no_leaks(evidence_of(PHOTOGRAPHS, leaks=leaks))
    assert clause.numbers["cars"] == 9
    assert clause.reason.endswith("car 02 in train and val")
