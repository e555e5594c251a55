"""Is the candidate better than the baselines, and no worse than the last blessed model?"""

from evaluation.clause import MOST_PHOTOGRAPHS, Clause, worst_first
from evaluation.clauses.gain import Gain
from evaluation.evidence import BLESSED, CANDIDATE, Evidence
from pipeline.config import GateConfig


def beats_baseline(evidence: Evidence, config: GateConfig, baseline: str) -> Clause:
    """Asks that the lower end of the gain's interval reaches ``baseline_margin``.

    Args:
        evidence: With the baseline's scores.
        config: A margin of -1 lets everything pass.
        baseline: Name of the model.
    """
    gain = Gain.over(evidence, baseline)
    passed = gain.low >= config.baseline_margin
    return Clause(
        name=f"beats {baseline}",
        passed=passed,
        reason=f"{_said(evidence, baseline, gain)}; at least {config.baseline_margin:+.4f} is "
        "asked of the lower end",
        numbers={
            **_numbers(evidence, baseline, gain),
            "baseline_margin": config.baseline_margin,
        },
        photographs=() if passed else _worst(evidence, gain),
    )


def not_worse_than_blessed(evidence: Evidence, config: GateConfig) -> Clause:
    """Asks that no loss is shown, and that a loss worth worrying about would have been.

    Two fits of one recipe differ by chance. A candidate is not blocked for a mean that chance
    explains: the whole interval must lie below ``-blessed_tolerance`` for that. Nor is it passed
    because too few cars were looked at: the whole interval must lie above ``-blessed_doubt``, which
    is a test of non-inferiority (Piaggio et al., Reporting of noninferiority and equivalence
    randomized trials, JAMA 308, 2012).

    Args:
        evidence: With the blessed model's scores.
        config: The tolerance, and the doubt, which counts as the tolerance where it is below it.
    """
    gain = Gain.over(evidence, BLESSED)
    doubt = max(config.blessed_doubt, config.blessed_tolerance)
    worse = gain.high < -config.blessed_tolerance
    unclear = gain.low < -doubt
    if not gain.photographs:
        # ``rivals_answer`` blocks it, unless it was let through on purpose.
        worse = unclear = False
        conclusion = "not compared"
    elif worse:
        conclusion = f"a loss of more than {config.blessed_tolerance:.4f}"
    elif unclear:
        conclusion = f"too few cars to tell whether the loss is below {doubt:.4f}"
    else:
        conclusion = f"no loss of more than {config.blessed_tolerance:.4f} shown"
    return Clause(
        name="not worse than the last blessed model",
        passed=not (worse or unclear),
        reason=f"{_said(evidence, BLESSED, gain)}; {conclusion}",
        numbers={
            **_numbers(evidence, BLESSED, gain),
            "blessed_tolerance": config.blessed_tolerance,
            "blessed_doubt": doubt,
        },
        photographs=_worst(evidence, gain) if worse or unclear else (),
    )


def _said(evidence: Evidence, rival: str, gain: Gain) -> str:
    if not gain.photographs:
        return f"no mask of {rival} to compare with"
    numbers = _numbers(evidence, rival, gain)
    said = f"Dice {numbers['candidate']:.4f} against {numbers['rival']:.4f}: {gain}"
    all_of_them = len(evidence.candidate)
    if len(gain.photographs) < all_of_them:
        said += f", on {len(gain.photographs)} of {all_of_them} photographs"
    return said


def _numbers(evidence: Evidence, rival: str, gain: Gain) -> dict[str, float]:
    compared = list(gain.photographs)
    models = {"candidate": CANDIDATE, "rival": rival} if compared else {}
    return {
        **{name: float(evidence.dice(of)[compared].mean()) for name, of in models.items()},
        "gain": gain.mean,
        "low": gain.low,
        "high": gain.high,
        "cars": gain.cars,
    }


def _worst(evidence: Evidence, gain: Gain) -> tuple[str, ...]:
    """Returns what shows a failure; where there was nothing to compare, every photograph does."""
    compared = [evidence.image_ids[index] for index in gain.photographs]
    return worst_first(compared, -gain.differences) or tuple(evidence.image_ids[:MOST_PHOTOGRAPHS])
