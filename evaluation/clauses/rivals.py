"""Is the candidate better than the baselines, and no worse than the last blessed model?"""

from evaluation.clause import Clause, worst_first
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
    ours, theirs = evidence.dice(CANDIDATE).mean(), evidence.dice(baseline).mean()
    return Clause(
        name=f"beats {baseline}",
        passed=passed,
        reason=f"Dice {ours:.4f} against {theirs:.4f}: {gain}; "
        f"at least {config.baseline_margin:+.4f} is asked of the lower end",
        numbers={
            "candidate": float(ours),
            "rival": float(theirs),
            "gain": gain.mean,
            "low": gain.low,
            "high": gain.high,
            "cars": gain.cars,
            "baseline_margin": config.baseline_margin,
        },
        photographs=() if passed else worst_first(evidence.image_ids, -gain.differences),
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
    if worse:
        conclusion = f"a loss of more than {config.blessed_tolerance:.4f}"
    elif unclear:
        conclusion = f"too few cars to tell whether the loss is below {doubt:.4f}"
    else:
        conclusion = f"no loss of more than {config.blessed_tolerance:.4f} shown"
    ours, theirs = evidence.dice(CANDIDATE).mean(), evidence.dice(BLESSED).mean()
    return Clause(
        name="not worse than the last blessed model",
        passed=not (worse or unclear),
        reason=f"Dice {ours:.4f} against {theirs:.4f}: {gain}; {conclusion}",
        numbers={
            "candidate": float(ours),
            "rival": float(theirs),
            "gain": gain.mean,
            "low": gain.low,
            "high": gain.high,
            "cars": gain.cars,
            "blessed_tolerance": config.blessed_tolerance,
            "blessed_doubt": doubt,
        },
        photographs=worst_first(evidence.image_ids, -gain.differences) if worse or unclear else (),
    )
