"""Does the candidate answer: every photograph, with numbers, the same twice, small and fast?"""

from collections import Counter

import numpy as np

from evaluation.clause import MOST_PHOTOGRAPHS, Clause, worst_first
from evaluation.evidence import Evidence
from pipeline.config import GateConfig

_MOST_FAULTS = 3


def answers_every_photograph(evidence: Evidence) -> Clause:
    """Asks for a usable mask of every photograph; what is wrong is named, most frequent first."""
    faulty = [score for score in evidence.candidate if score.fault]
    photographs = len(evidence.candidate)
    reason = f"{photographs - len(faulty)} of {photographs} masks"
    kinds = Counter(score.fault for score in faulty).most_common()
    for fault, times in kinds[:_MOST_FAULTS]:
        first = next(score.image_id for score in faulty if score.fault == fault)
        reason += f"; {first}: {fault}" + (f" (and {times - 1} more)" if times > 1 else "")
    if len(kinds) > _MOST_FAULTS:
        reason += f"; {len(kinds) - _MOST_FAULTS} other faults"
    return Clause(
        name="answers every photograph",
        passed=not faulty,
        reason=reason,
        numbers={"photographs": photographs, "faults": len(faulty)},
        photographs=tuple(score.image_id for score in faulty[:MOST_PHOTOGRAPHS]),
    )


def probabilities_are_finite(evidence: Evidence) -> Clause:
    """Asks that no probability is NaN or infinite; cut at a threshold, those look like a mask."""
    bad = evidence.non_finite
    reason = f"NaN or infinity for {len(bad)} of {evidence.repeated} photographs asked for"
    return Clause(
        name="probabilities are finite",
        passed=not bad,
        reason=reason + (f", first {bad[0]}" if bad else ""),
        numbers={"photographs": evidence.repeated, "non_finite": len(bad)},
        photographs=tuple(bad[:MOST_PHOTOGRAPHS]),
    )


def same_reply_twice(evidence: Evidence) -> Clause:
    """Asks that a photograph asked for twice gets the same bytes; not asking at all fails."""
    unequal = evidence.unequal_repeats
    reason = f"{evidence.repeated} photographs asked for twice, {len(unequal)} with other bytes"
    return Clause(
        name="same reply twice",
        passed=evidence.repeated > 0 and not unequal,
        reason=reason if evidence.repeated else "no photograph was asked for twice",
        numbers={"repeated": evidence.repeated, "unequal": len(unequal)},
        photographs=tuple(unequal[:MOST_PHOTOGRAPHS])
        if evidence.repeated
        else _unanswered(evidence),
    )


def small_replies(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that the largest reply has at most ``max_reply_bytes``."""
    sizes = np.array([score.reply_bytes for score in evidence.candidate])
    large = np.flatnonzero(sizes > config.max_reply_bytes)
    return Clause(
        name="small replies",
        passed=not large.size,
        reason=f"at most {sizes.max()} bytes, {config.max_reply_bytes} are allowed",
        numbers={
            "largest_reply_bytes": int(sizes.max()),
            "max_reply_bytes": config.max_reply_bytes,
        },
        photographs=worst_first([evidence.image_ids[index] for index in large], sizes[large]),
    )


def fast_replies(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that the median photograph takes at most ``max_latency``; not measuring it fails.

    The median, because the machine is shared with whatever else runs on it.
    """
    name = "fast replies"
    if not evidence.latencies:
        return Clause(
            name,
            False,
            "no latency was measured",
            {"max_latency": config.max_latency},
            _unanswered(evidence),
        )
    seconds = list(evidence.latencies.values())
    median = float(np.median(seconds))
    passed = median <= config.max_latency
    return Clause(
        name=name,
        passed=passed,
        reason=f"median {median:.3f} s per photograph in process, {config.max_latency:.3f} s are "
        "allowed",
        numbers={
            "median_latency": median,
            "max_latency": config.max_latency,
            "photographs": len(seconds),
        },
        photographs=() if passed else worst_first(list(evidence.latencies), seconds),
    )


def _unanswered(evidence: Evidence) -> tuple[str, ...]:
    """Returns the photographs that a measurement failed on, or all where none is known to."""
    faulty = [score.image_id for score in evidence.candidate if score.fault]
    return tuple((faulty or evidence.image_ids)[:MOST_PHOTOGRAPHS])
