"""The server check's rule: a pure function from evidence to a verdict with its reasons."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from components.server_evidence import ServerEvidence
from evaluation.clause import Clause, worst_first
from pipeline.config import ServerCheckConfig

_MIB = 2**20


@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(extra="forbid", allow_inf_nan=False),
)
class ServerVerdict:
    """Whether a candidate may be pushed as far as its server is concerned, and why.

    Attributes:
        schema_version: Of this form; another number means other fields.
        blessed: True if it was checked and every clause passed.
        checked: False where the gate had said no already.
        server: In which server; empty where nothing was checked.
        clauses: In the order they were judged; after a first one that failed because the server
            could not be asked there are no others.
    """

    schema_version: Literal[1] = 1
    blessed: bool
    checked: bool
    server: str
    clauses: tuple[Clause, ...]


SERVER_VERDICT = TypeAdapter(ServerVerdict)


def not_checked() -> ServerVerdict:
    """Returns the verdict on a candidate that the gate rejected."""
    clause = Clause("blessed by the gate", False, "not blessed by the gate, not checked", {})
    return ServerVerdict(blessed=False, checked=False, server="", clauses=(clause,))


def judge_server(evidence: ServerEvidence, config: ServerCheckConfig) -> ServerVerdict:
    """Applies the rule.

    Args:
        evidence: Of the candidate.
        config: Limits.
    """
    clauses = tuple(_clauses(evidence, config))
    return ServerVerdict(
        blessed=all(clause.passed for clause in clauses),
        checked=True,
        server=evidence.server,
        clauses=clauses,
    )


def _clauses(evidence: ServerEvidence, config: ServerCheckConfig) -> Iterator[Clause]:
    yield _runs(evidence, config)
    if not evidence.failure:
        yield _same_masks(evidence, config)
        yield _fast(evidence, config)
        yield _memory(evidence, config)


def _runs(evidence: ServerEvidence, config: ServerCheckConfig) -> Clause:
    name = "runs in its server"
    if evidence.failure:
        return Clause(name, False, f"{evidence.server}: {evidence.failure}", {})
    return Clause(
        name=name,
        passed=bool(evidence.latencies),
        reason=f"{evidence.server} serves after {evidence.start_seconds:.1f} s, "
        f"{config.max_start:g} s are allowed; {len(evidence.latencies)} requests answered",
        numbers={
            "start_seconds": evidence.start_seconds,
            "max_start": config.max_start,
            "requests": len(evidence.latencies),
        },
    )


def _same_masks(evidence: ServerEvidence, config: ServerCheckConfig) -> Clause:
    shares = evidence.differences
    wrong = [each for each, share in shares.items() if share > config.max_unequal_pixels]
    largest = max(shares.values(), default=1.0)
    replies = len(evidence.latencies)
    return Clause(
        name="same masks as in process",
        passed=bool(shares) and not wrong,
        reason=f"{replies - evidence.unequal_replies} of {replies} byte for byte; at most "
        f"{100 * largest:.3g}% of a mask's pixels differ, {100 * config.max_unequal_pixels:.3g}% "
        "are allowed",
        numbers={
            "replies": replies,
            "unequal_replies": evidence.unequal_replies,
            "largest_difference": largest,
            "max_unequal_pixels": config.max_unequal_pixels,
        },
        photographs=worst_first(wrong, [shares[each] for each in wrong]),
    )


def _fast(evidence: ServerEvidence, config: ServerCheckConfig) -> Clause:
    median, slowest = float(np.median(evidence.latencies)), max(evidence.latencies)
    return Clause(
        name="fast over gRPC",
        passed=median <= config.max_latency and slowest <= config.max_slowest,
        reason=f"median {median:.3f} s per photograph, {config.max_latency:g} s are allowed; "
        f"slowest {slowest:.3f} s, {config.max_slowest:g} s are allowed",
        numbers={
            "median_latency": median,
            "max_latency": config.max_latency,
            "slowest": slowest,
            "max_slowest": config.max_slowest,
        },
    )


def _memory(evidence: ServerEvidence, config: ServerCheckConfig) -> Clause:
    peak = evidence.peak_memory / _MIB
    return Clause(
        name="memory of its server",
        passed=peak <= config.max_memory,
        reason=f"{peak:.0f} MiB at its peak, {config.max_memory} MiB are allowed",
        numbers={"peak_memory": peak, "max_memory": config.max_memory},
    )
