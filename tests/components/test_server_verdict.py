import dataclasses

import pytest

from components.server_evidence import ServerEvidence
from components.server_verdict import SERVER_VERDICT, judge_server, not_checked
from pipeline.config import ServerCheckConfig

MIB = 2**20
RULE = ServerCheckConfig(
    max_start=30.0, max_latency=0.5, max_slowest=2.0, max_memory=900, max_unequal_pixels=0.01
)
GOOD = ServerEvidence(
    server="embedded",
    start_seconds=6.25,
    latencies=(0.125, 0.5, 2.0, 0.25, 0.5),
    differences={"a": 0.0, "b": 0.01},
    unequal_replies=1,
    peak_memory=900 * MIB,
)


def judged(**changes):
    return judge_server(dataclasses.replace(GOOD, **changes), RULE)


def failed(verdict):
    assert verdict.blessed == all(clause.passed for clause in verdict.clauses)
    return [clause.name for clause in verdict.clauses if not clause.passed]


def test_what_is_just_within_the_limits_passes():
    verdict = judged()
    assert failed(verdict) == []
    assert verdict.checked
    assert verdict.server == "embedded"
    assert [(clause.name, clause.reason) for clause in verdict.clauses] == [
        (
            "runs in its server",
            "embedded serves after 6.2 s, 30 s are allowed; 5 requests answered",
        ),
        (
            "same masks as in process",
            "4 of 5 byte for byte; at most 1% of a mask's pixels differ, 1% are allowed",
        ),
        (
            "fast over gRPC",
            "median 0.500 s per photograph, 0.5 s are allowed; slowest 2.000 s, 2 s are allowed",
        ),
        ("memory of its server", "900 MiB at its peak, 900 MiB are allowed"),
    ]
    numbers = {name: value for clause in verdict.clauses for name, value in clause.numbers.items()}
    assert numbers["start_seconds"] == 6.25
    assert numbers["median_latency"] == 0.5
    assert numbers["slowest"] == 2.0
    assert numbers["peak_memory"] == 900
    assert numbers["largest_difference"] == 0.01


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"differences": {"a": 0.0, "b": 0.0101}}, "same masks as in process"),
        ({"differences": {}}, "same masks as in process"),
        ({"latencies": (0.51, 0.51, 0.25)}, "fast over gRPC"),
        ({"latencies": (0.25, 0.25, 2.01)}, "fast over gRPC"),
        ({"peak_memory": 901 * MIB}, "memory of its server"),
    ],
)
def test_what_is_beyond_a_limit_fails_for_that_reason(changes, name):
    assert failed(judged(**changes)) == [name]


def test_the_photographs_that_differ_are_named_worst_first():
    [clause] = [
        c for c in judged(differences={"a": 0.2, "b": 0.0, "c": 0.5}).clauses if c.photographs
    ]
    assert clause.photographs == ("c", "a")


def test_after_a_failure_nothing_else_is_judged():
    verdict = judged(failure="the server was killed by SIGABRT", latencies=(), peak_memory=0)
    assert not verdict.blessed
    [clause] = verdict.clauses
    assert clause.reason == "embedded: the server was killed by SIGABRT"


def test_what_the_gate_rejected_is_not_checked():
    verdict = not_checked()
    assert not verdict.blessed
    assert not verdict.checked
    [clause] = verdict.clauses
    assert clause.reason == "not blessed by the gate, not checked"


@pytest.mark.parametrize("verdict", [judged(), judged(failure="dead"), not_checked()])
def test_json_keeps_every_value(verdict):
    assert SERVER_VERDICT.validate_json(SERVER_VERDICT.dump_json(verdict)) == verdict
