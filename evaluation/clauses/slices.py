"""Is the candidate good everywhere, not only on average?

A mean hides a pose that is always cut wrong. Photographs whose pose, make or year is unknown belong
to no slice.
"""

from collections import defaultdict

from evaluation.clause import Clause, worst_first
from evaluation.clauses.gain import Gain
from evaluation.evidence import BLESSED, CANDIDATE, Evidence
from pipeline.config import GateConfig

_UNKNOWN = {"pose": -1, "make": "", "year": -1}


def dice_floor(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that the candidate's mean Dice reaches ``dice_floor``, whatever its rivals are worth."""
    dice = evidence.dice(CANDIDATE)
    mean = float(dice.mean())
    passed = mean >= config.dice_floor
    return Clause(
        name="good enough",
        passed=passed,
        reason=f"Dice {mean:.4f}, at least {config.dice_floor:.4f} is asked",
        numbers={"dice": mean, "dice_floor": config.dice_floor},
        photographs=() if passed else worst_first(evidence.image_ids, -dice),
    )


def no_weak_slice(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that the candidate's mean Dice in each slice reaches ``slice_floor``.

    Args:
        evidence: With the candidate's scores.
        config: One that gates a slice.
    """
    name = f"no weak {config.gated_slice}"
    dice = evidence.dice(CANDIDATE)
    slices = _slices(evidence, config.gated_slice)
    if not slices:
        return Clause(name, True, f"no photograph's {config.gated_slice} is known", {"slices": 0})
    means = {value: float(dice[indices].mean()) for value, indices in slices.items()}
    worst = min(means, key=means.__getitem__)
    weak = sorted(
        (value for value, mean in means.items() if mean < config.slice_floor),
        key=means.__getitem__,
    )
    shown = [index for value in weak for index in slices[value]]
    named = weak or [worst]
    return Clause(
        name=name,
        passed=not weak,
        reason=f"{len(weak)} of {len(means)} below Dice {config.slice_floor:.4f}"
        + ("" if weak else ", the lowest")
        + f": {', '.join(f'{value} at {means[value]:.4f}' for value in named)}",
        numbers={
            "slices": len(means),
            "slice_floor": config.slice_floor,
            **{value: means[value] for value in named},
        },
        photographs=worst_first([evidence.image_ids[index] for index in shown], -dice[shown]),
    )


def no_slice_worse_than_blessed(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that no slice is shown to have lost more than ``slice_tolerance``.

    There are many slices and few cars in each, so that one of them looks worse by chance in every
    run: a slice fails only where its whole interval lies below ``-slice_tolerance``. A slice of one
    car has no interval; its mean is taken as it is. A slice of which the blessed model gave no mask
    cannot be compared.

    Args:
        evidence: With the blessed model's scores.
        config: One that gates a slice.
    """
    name = f"no {config.gated_slice} worse than the last blessed model's"
    slices = _slices(evidence, config.gated_slice)
    if not slices:
        return Clause(name, True, f"no photograph's {config.gated_slice} is known", {"slices": 0})
    gains = {value: Gain.over(evidence, BLESSED, indices) for value, indices in slices.items()}
    left_out = [value for value, gain in gains.items() if not gain.cars]
    gains = {value: gain for value, gain in gains.items() if gain.cars}
    if not gains:
        reason = "no mask of the last blessed model to compare with"
        return Clause(name, True, reason, {"slices": 0})
    lowest = min(gains, key=lambda value: gains[value].mean)
    worse = sorted(
        (
            value
            for value, gain in gains.items()
            if (gain.mean if gain.cars == 1 else gain.high) < -config.slice_tolerance
        ),
        key=lambda value: gains[value].mean,
    )
    named = worse or [lowest]
    shown = [index for value in worse for index in gains[value].photographs]
    losses = [-each for value in worse for each in gains[value].differences]
    return Clause(
        name=name,
        passed=not worse,
        reason=f"{len(worse)} of {len(gains)} lost more than {config.slice_tolerance:.4f}"
        + ("" if worse else ", the lowest")
        + f": {'; '.join(f'{value} {gains[value]}' for value in named)}"
        + (f"; not compared: {', '.join(left_out)}" if left_out else ""),
        numbers={
            "slices": len(gains),
            "slice_tolerance": config.slice_tolerance,
            **{value: gains[value].mean for value in named},
        },
        photographs=worst_first([evidence.image_ids[index] for index in shown], losses),
    )


def _slices(evidence: Evidence, of: str) -> dict[str, list[int]]:
    """Returns the indices of the photographs by slice, such as ``pose 3``."""
    indices = defaultdict(list)
    for index, score in enumerate(evidence.candidate):
        value = getattr(score, of)
        if value != _UNKNOWN[of]:
            indices[value].append(index)
    return {f"{of} {value}": indices[value] for value in sorted(indices)}
