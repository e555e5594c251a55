"""The rule of the make classifier's gate: from evidence to an evaluation with its reasons."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from evaluation.bootstrap import group_bootstrap
from evaluation.clause import Clause, worst_first
from evaluation.clauses.gain import Gain
from evaluation.clauses.rival_faults import rivals_answer
from evaluation.make_classifier.make_evaluation import (
    Confusion,
    MakeEvaluation,
    MakeFigures,
    MakeRow,
    Shares,
)
from evaluation.make_classifier.make_evidence import BLESSED, CANDIDATE, MAJORITY, MakeEvidence
from pipeline.config import MakeGateConfig

# The clause that everybody wants to know of.
BEATS_THE_MAJORITY: Final = "beats the majority class"


def judge_makes(evidence: MakeEvidence, config: MakeGateConfig) -> MakeEvaluation:
    """Applies the rule.

    Args:
        evidence: Of the candidate, and of the last blessed model if there is one. Nobody needs to
            have been asked where ``nothing_to_ask`` says something.
        config: Margin and tolerance.
    """
    clauses = tuple(_clauses(evidence, config))
    asked = bool(evidence.asked)
    return MakeEvaluation(
        blessed=all(clause.passed for clause in clauses),
        clauses=clauses,
        majority=next(iter(evidence.train_makes), ""),
        without_make=evidence.without_make,
        models={name: _figures(evidence, name) for name in evidence.answers} if asked else {},
        makes=tuple(_rows(evidence)),
        confusion=tuple(_confusion(evidence)),
    )


def nothing_to_ask(train_makes: Sequence[str], test_makes: Sequence[str]) -> str:
    """Says why there is nothing to judge; empty where there is something.

    Args:
        train_makes: Of the training split's photographs that have one.
        test_makes: The same of the test split.
    """
    for split, makes in (("training", train_makes), ("test", test_makes)):
        if not makes:
            return f"no photograph of the {split} split has a make: is there a metadata.csv?"
    if len(set(train_makes)) == 1:
        return f"all cars of the training split are of one make, {train_makes[0]}"
    return ""


def _clauses(evidence: MakeEvidence, config: MakeGateConfig) -> Iterator[Clause]:
    nothing = nothing_to_ask(evidence.train_makes, evidence.makes)
    yield Clause(
        name="there are makes to judge by",
        passed=not nothing,
        reason=nothing
        or f"{len(evidence.train_makes)} makes in the training split, {len(evidence.makes)} "
        "photographs of the test split have one",
        numbers={
            "train_makes": len(evidence.train_makes),
            "test_photographs": len(evidence.makes),
        },
    )
    if nothing:
        return
    yield _answers_every_photograph(evidence)
    yield _beats_the_majority(evidence, config)
    if BLESSED in evidence.asked:
        yield rivals_answer(
            {BLESSED: evidence.faults(BLESSED)}, len(evidence.image_ids), config.max_rival_faults
        )
        yield _not_worse_than_blessed(evidence, config)


def _answers_every_photograph(evidence: MakeEvidence) -> Clause:
    faulty = list(evidence.faults(CANDIDATE).items())
    asked = len(evidence.image_ids)
    reason = f"{asked - len(faulty)} of {asked}"
    if faulty:
        reason += f"; first of the others {faulty[0][0]}: {faulty[0][1]}"
    return Clause(
        name="answers every photograph",
        passed=not faulty,
        reason=reason,
        numbers={"asked": asked, "failed": len(faulty)},
        photographs=worst_first([image_id for image_id, _ in faulty], np.zeros(len(faulty))),
    )


def _beats_the_majority(evidence: MakeEvidence, config: MakeGateConfig) -> Clause:
    gain, numbers = _gain(evidence, MAJORITY)
    passed = gain.low > config.majority_margin
    return Clause(
        name=BEATS_THE_MAJORITY,
        passed=passed,
        reason=f"right on {numbers['candidate']:.1%} against {numbers['rival']:.1%} of always "
        f"answering {evidence.train_makes[0]}: {gain}; more than {config.majority_margin:+.4f} is "
        "asked of the lower end",
        numbers={**numbers, "majority_margin": config.majority_margin},
        photographs=() if passed else _lost(evidence, gain),
    )


def _not_worse_than_blessed(evidence: MakeEvidence, config: MakeGateConfig) -> Clause:
    gain, numbers = _gain(evidence, BLESSED)
    passed = gain.high >= -config.blessed_tolerance
    compared, asked = len(gain.photographs), len(evidence.image_ids)
    if compared:
        said = f"right on {numbers['candidate']:.1%} against {numbers['rival']:.1%}: {gain}"
        if compared < asked:
            said += f", on {compared} of {asked} photographs"
        said += f"; {'no loss' if passed else 'a loss'} of more than "
        said += f"{config.blessed_tolerance:.4f} shown"
    else:
        said = f"no answer of {BLESSED} to compare with"
    return Clause(
        name="not worse than the last blessed make classifier",
        passed=passed,
        reason=said,
        numbers={**numbers, "blessed_tolerance": config.blessed_tolerance},
        photographs=() if passed else _lost(evidence, gain),
    )


def _lost(evidence: MakeEvidence, gain: Gain) -> tuple[str, ...]:
    compared = [evidence.image_ids[index] for index in gain.photographs]
    return worst_first(compared, np.maximum(-gain.differences, 0.0))


def _gain(evidence: MakeEvidence, rival: str) -> tuple[Gain, dict[str, float]]:
    ours, theirs = evidence.is_right(CANDIDATE), evidence.is_right(rival)
    answered = [index for index, each in enumerate(evidence.answers[rival]) if not each.fault]
    gain = Gain.of(ours - theirs, evidence.groups, answered)
    right = {"candidate": ours, "rival": theirs} if answered else {}
    return gain, {
        **{name: float(each[answered].mean()) for name, each in right.items()},
        "gain": gain.mean,
        "low": gain.low,
        "high": gain.high,
        "cars": gain.cars,
    }


def _figures(evidence: MakeEvidence, model: str) -> MakeFigures:
    everywhere = range(len(evidence.makes))
    known = set(evidence.train_makes)
    seen = [index for index in everywhere if evidence.makes[index] in known]
    return MakeFigures(
        all_makes=_shares(evidence, model, everywhere),
        seen_makes=_shares(evidence, model, seen) if seen else None,
    )


def _shares(evidence: MakeEvidence, model: str, photographs: Sequence[int]) -> Shares:
    chosen = list(photographs)
    groups = [evidence.groups[index] for index in chosen]
    return Shares(
        photographs=len(chosen),
        cars=len(set(groups)),
        top_1=group_bootstrap(evidence.is_right(model)[chosen], groups),
        top_5=group_bootstrap(evidence.is_among_five(model)[chosen], groups),
    )


def _rows(evidence: MakeEvidence) -> Iterator[MakeRow]:
    test = list(zip(evidence.makes, evidence.groups, strict=True))
    sides = []
    for photographs in (evidence.train, test):
        of_make = Counter(make for make, _ in photographs if make)
        cars = Counter(make for make, _ in set(photographs) if make)
        sides.append((of_make, cars))
    (train, train_cars), (tested, test_cars) = sides
    right, among = Counter[str](), Counter[str]()
    if evidence.asked:
        places = zip(
            evidence.makes,
            evidence.is_right(CANDIDATE),
            evidence.is_among_five(CANDIDATE),
            strict=True,
        )
        for make, is_first, is_among in places:
            right[make] += int(is_first)
            among[make] += int(is_among)
    for make in sorted(train | tested):
        yield MakeRow(
            make=make,
            train_photographs=train[make],
            train_cars=train_cars[make],
            test_photographs=tested[make],
            test_cars=test_cars[make],
            right=right[make],
            among_five=among[make],
        )


def _confusion(evidence: MakeEvidence) -> Iterator[Confusion]:
    if not evidence.asked:
        return
    counts = Counter(
        (make, answer.makes[0] if answer.makes else "")
        for make, answer in zip(evidence.makes, evidence.asked[CANDIDATE], strict=True)
    )
    for (make, answer), photographs in sorted(counts.items()):
        yield Confusion(make=make, answer=answer, photographs=photographs)
