"""The gate's rule: pure functions from scores to a verdict with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from components.score import PhotographScore
from pipeline.config import GateConfig

CANDIDATE = "unet"
BASELINES = ("cnn", "average_mask")
BLESSED = "blessed"


@dataclass(frozen=True)
class Clause:
    """One condition of the rule.

    Attributes:
        name: What is asked.
        passed: Whether it holds.
        reason: The numbers, as a sentence.
    """

    name: str
    passed: bool
    reason: str


@dataclass(frozen=True)
class Verdict:
    """Whether a candidate may be pushed.

    Attributes:
        blessed: True if every clause passed.
        dice: Mean Dice by model name.
        clauses: All clauses, in the order they were judged.
    """

    blessed: bool
    dice: dict[str, float]
    clauses: tuple[Clause, ...]


class BrokenRival(ValueError):
    """A model that the candidate is compared with does not answer; nothing can be concluded."""


def judge(scores: Mapping[str, Sequence[PhotographScore]], config: GateConfig) -> Verdict:
    """Applies the rule.

    Args:
        scores: Per model one score per photograph of the test split: the candidate, the
            baselines, and the last blessed model if there is one.
        config: Margins and tolerances.

    Returns:
        The verdict.

    Raises:
        BrokenRival: If another model than the candidate failed on a photograph; its Dice of 0
            there would open the gate.
    """
    faults = {name: [each for each in of_model if each.fault] for name, of_model in scores.items()}
    for name, faulty in faults.items():
        if faulty and name != CANDIDATE:
            raise BrokenRival(
                f"{name} gave no mask for {len(faulty)} photographs, first for "
                f"{faulty[0].image_id}: {faulty[0].fault}"
            )
    dice = {
        name: float(np.mean([each.dice for each in of_model])) for name, of_model in scores.items()
    }
    candidate = dice[CANDIDATE]
    clauses = [_answers_every_photograph(faults[CANDIDATE], len(scores[CANDIDATE]))]
    for baseline in BASELINES:
        gain = candidate - dice[baseline]
        clauses.append(
            Clause(
                f"beats {baseline}",
                gain >= config.baseline_margin,
                f"Dice {candidate:.4f} against {dice[baseline]:.4f}: {gain:+.4f}, "
                f"at least {config.baseline_margin:+.4f} is asked",
            )
        )
    if BLESSED in dice:
        change = candidate - dice[BLESSED]
        clauses.append(
            Clause(
                "not worse than the last blessed model",
                change >= -config.blessed_tolerance,
                f"Dice {candidate:.4f} against {dice[BLESSED]:.4f}: {change:+.4f}, "
                f"at least {-config.blessed_tolerance:+.4f} is asked",
            )
        )
    return Verdict(all(clause.passed for clause in clauses), dice, tuple(clauses))


def _answers_every_photograph(faults: Sequence[PhotographScore], photographs: int) -> Clause:
    reason = f"{photographs - len(faults)} of {photographs} masks"
    if faults:
        reason += f"; {faults[0].image_id}: {faults[0].fault}"
    return Clause("answers every photograph", not faults, reason)
