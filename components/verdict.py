"""The gate's rule: pure functions from scores to a verdict with its reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

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


def judge(scores: Mapping[str, Sequence[float]], config: GateConfig) -> Verdict:
    """Applies the rule.

    Args:
        scores: Per model the Dice of each photograph of the test split, at full size: the
            candidate, the baselines, and the last blessed model if there is one.
        config: Margins and tolerances.

    Returns:
        The verdict.
    """
    dice = {name: float(np.mean(values)) for name, values in scores.items()}
    candidate = dice[CANDIDATE]
    clauses = []
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
