"""The gate's rule: a pure function from evidence to a verdict with its reasons."""

from collections.abc import Iterator
from typing import Literal

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from evaluation.clause import Clause
from evaluation.clauses import geometry, leaks, replies, rivals, slices, spans
from evaluation.clauses.rival_faults import rivals_answer
from evaluation.evidence import BASELINES, BLESSED, CANDIDATE, Evidence
from evaluation.model_figures import ModelFigures
from pipeline.config import GateConfig


@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(
        extra="forbid", allow_inf_nan=False, json_schema_serialization_defaults_required=True
    ),
)
class Verdict:
    """Whether a candidate may be pushed, and why.

    Attributes:
        schema_version: Of this form; another number means other fields.
        blessed: True if every clause passed.
        dice: Mean Dice by model name: unet is the candidate, blessed the last blessed model.
        models: All figures by model name.
        clauses: All clauses, in the order they were judged.
    """

    schema_version: Literal[1] = 1
    blessed: bool
    dice: dict[str, float]
    models: dict[str, ModelFigures]
    clauses: tuple[Clause, ...]


VERDICT = TypeAdapter(Verdict)


def judge(evidence: Evidence, config: GateConfig) -> Verdict:
    """Applies the rule.

    Args:
        evidence: Of the candidate, the baselines, and the last blessed model if there is one.
        config: Margins, tolerances and limits.
    """
    clauses = tuple(_clauses(evidence, config))
    return Verdict(
        blessed=all(clause.passed for clause in clauses),
        dice={name: float(evidence.dice(name).mean()) for name in evidence.scores},
        models={name: ModelFigures.over(scores) for name, scores in evidence.scores.items()},
        clauses=clauses,
    )


def _clauses(evidence: Evidence, config: GateConfig) -> Iterator[Clause]:
    yield replies.answers_every_photograph(evidence)
    yield replies.probabilities_are_finite(evidence)
    yield replies.same_reply_twice(evidence)
    yield leaks.no_leaks(evidence)
    yield rivals_answer(
        {name: evidence.faults(name) for name in evidence.scores if name != CANDIDATE},
        len(evidence.candidate),
        config.max_rival_faults,
    )
    for baseline in BASELINES:
        yield rivals.beats_baseline(evidence, config, baseline)
    if BLESSED in evidence.scores:
        yield rivals.not_worse_than_blessed(evidence, config)
    yield slices.dice_floor(evidence, config)
    if config.gated_slice:
        yield slices.no_weak_slice(evidence, config)
        if BLESSED in evidence.scores:
            yield slices.no_slice_worse_than_blessed(evidence, config)
    yield geometry.area_is_right(evidence, config)
    yield geometry.place_is_right(evidence, config)
    if evidence.spans:
        yield spans.no_shifted_span(evidence, config)
    yield replies.small_replies(evidence, config)
    yield replies.fast_replies(evidence, config)
