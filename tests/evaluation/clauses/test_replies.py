import pytest

from evaluation.clauses.replies import (
    answers_every_photograph,
    fast_replies,
    probabilities_are_finite,
    same_reply_twice,
    small_replies,
)
from pipeline.config import GateConfig

TWO = {"a_01": 1.0, "b_01": 1.0}


class TestAnswers:
    def test_all_masks(self, evidence_of):
        clause = answers_every_photograph(evidence_of(TWO))
        assert clause.passed
        assert clause.name == "answers every photograph"
        assert clause.reason == "2 of 2 masks"
        assert clause.numbers == {"photographs": 2, "faults": 0}
        assert clause.photographs == ()

    def test_faults_are_named_the_most_frequent_first(self, evidence_of):
        faults = {"a_01": "wrong size", "b_01": "no PNG", "c_01": "no PNG", "d_01": ""}
        evidence = evidence_of({name: {"fault": each} for name, each in faults.items()})
        clause = answers_every_photograph(evidence)
        assert not clause.passed
        assert clause.reason == "1 of 4 masks; b_01: no PNG (and 1 more); a_01: wrong size"
        assert clause.numbers == {"photographs": 4, "faults": 3}
        assert clause.photographs == ("a_01", "b_01", "c_01")

    def test_a_long_list_is_cut(self, evidence_of):
        evidence = evidence_of({f"a_{n:02}": {"fault": f"fault {n}"} for n in range(20)})
        clause = answers_every_photograph(evidence)
        assert clause.reason == (
            "0 of 20 masks; a_00: fault 0; a_01: fault 1; a_02: fault 2; 17 other faults"
        )
        assert clause.photographs == tuple(f"a_{n:02}" for n in range(16))


class TestFinite:
    def test_numbers_pass(self, evidence_of):
        clause = probabilities_are_finite(evidence_of(TWO))
        assert clause.passed
        assert clause.numbers == {"photographs": 1, "non_finite": 0}

    def test_nan_fails(self, evidence_of):
        clause = probabilities_are_finite(evidence_of(TWO, non_finite=["b_01"]))
        assert not clause.passed
        assert clause.reason == "NaN or infinity for 1 of 1 photographs asked for, first b_01"
        assert clause.photographs == ("b_01",)


class TestSameTwice:
    def test_equal_bytes_pass(self, evidence_of):
        clause = same_reply_twice(evidence_of(TWO, repeated=2))
        assert clause.passed
        assert clause.reason == "2 photographs asked for twice, 0 with other bytes"
        assert clause.numbers == {"repeated": 2, "unequal": 0}

    def test_other_bytes_fail(self, evidence_of):
        clause = same_reply_twice(evidence_of(TWO, repeated=2, unequal_repeats=["b_01", "a_01"]))
        assert not clause.passed
        assert clause.numbers == {"repeated": 2, "unequal": 2}
        assert clause.photographs == ("a_01", "b_01")

    def test_not_asking_fails(self, evidence_of):
        clause = same_reply_twice(evidence_of(TWO, repeated=0))
        assert not clause.passed
        assert clause.reason == "no photograph was asked for twice"
        assert clause.photographs == ("a_01", "b_01")


class TestSmall:
    def test_the_largest_counts(self, evidence_of):
        sizes = {"a_01": 500, "b_01": 600, "c_01": 400, "d_01": 700}
        evidence = evidence_of({name: {"reply_bytes": each} for name, each in sizes.items()})
        assert small_replies(evidence, GateConfig(max_reply_bytes=700)).passed
        clause = small_replies(evidence, GateConfig(max_reply_bytes=500))
        assert not clause.passed
        assert clause.reason == "at most 700 bytes, 500 are allowed"
        assert clause.numbers == {"largest_reply_bytes": 700, "max_reply_bytes": 500}
        assert clause.photographs == ("d_01", "b_01")


class TestFast:
    @pytest.mark.parametrize(("limit", "passed"), [(0.25, True), (0.2, False)])
    def test_the_median_counts(self, evidence_of, limit, passed):
        evidence = evidence_of(TWO, latencies={"a_01": 0.125, "b_01": 0.25, "c_01": 9.0})
        clause = fast_replies(evidence, GateConfig(max_latency=limit))
        assert clause.passed is passed
        assert clause.reason == (
            f"median 0.250 s per photograph in process, {limit:.3f} s are allowed"
        )
        assert clause.numbers == {"median_latency": 0.25, "max_latency": limit, "photographs": 3}
        assert clause.photographs == (() if passed else ("c_01", "b_01", "a_01"))

    def test_not_measuring_fails(self, evidence_of):
        clause = fast_replies(evidence_of(TWO, latencies={}), GateConfig())
        assert not clause.passed
        assert clause.reason == "no latency was measured"
        assert clause.photographs == ("a_01", "b_01")

    def test_what_it_failed_on_shows_why_nothing_was_measured(self, evidence_of):
        faulty = {"a_01": 1.0, "b_01": {"dice": 0.0, "fault": "none"}}
        evidence = evidence_of(faulty, latencies={}, repeated=0)
        assert fast_replies(evidence, GateConfig()).photographs == ("b_01",)
        assert same_reply_twice(evidence).photographs == ("b_01",)
