"""Was the test split kept apart from what the models were fitted on?"""

from evaluation.clause import MOST_PHOTOGRAPHS, Clause
from evaluation.evidence import Evidence, Leak

_MOST_LEAKS = 3


def no_leaks(evidence: Evidence) -> Clause:
    """Asks that nothing is in two splits; a model has seen the answers to what it was fitted on."""
    leaks = evidence.leaks
    reason = f"{len(leaks)} cars or photographs in more than one split"
    reason += "".join(f"; {_sentence(leak)}" for leak in leaks[:_MOST_LEAKS])
    shown = dict.fromkeys(image_id for leak in leaks for image_id in leak.photographs)
    return Clause(
        name="nothing is in two splits",
        passed=not leaks,
        reason=reason,
        numbers={
            "cars": sum(leak.what == "car" for leak in leaks),
            "photographs": sum(leak.what == "photograph" for leak in leaks),
        },
        photographs=tuple(shown)[:MOST_PHOTOGRAPHS],
    )


def _sentence(leak: Leak) -> str:
    return f"{leak.what} {' = '.join(leak.identity)} in {' and '.join(leak.splits)}"
