"""Do the models that a candidate is compared with answer?

A rival that fails on a photograph says nothing of it. Its score of 0 there would open the gate, and
stopping at it would keep every later candidate out: a model blessed under lower limits refuses a
larger photograph for good. So candidates are compared on the photographs that the rival answered,
and only as long as those are nearly all.
"""

from collections.abc import Mapping

from evaluation.clause import MOST_PHOTOGRAPHS, Clause


def rivals_answer(faults: Mapping[str, Mapping[str, str]], asked: int, most: float) -> Clause:
    """Asks that each rival failed on no more than a share of the photographs.

    Args:
        faults: By rival, what went wrong by image_id.
        asked: How many photographs each was asked for, at least one.
        most: The share, in [0, 1].

    Returns:
        The clause. It names the photographs also where it passed: they were not compared on.
    """
    broken = {name: each for name, each in faults.items() if each}
    over = [name for name, each in broken.items() if len(each) > most * asked]
    said = [
        f"{name} failed on {len(each)} of {asked} photographs ({len(each) / asked:.1%}), first on "
        "{}: {}".format(*next(iter(each.items())))
        for name, each in broken.items()
    ]
    said.append(
        f"{most:.1%} are allowed, and left out of the comparison"
        if broken
        else f"{', '.join(faults)} answered all {asked} photographs"
    )
    named = dict.fromkeys(image_id for name in (*over, *broken) for image_id in broken[name])
    return Clause(
        name="rivals answer",
        passed=not over,
        reason="; ".join(said),
        numbers={
            "photographs": asked,
            "max_rival_faults": most,
            **{f"{name} faults": len(each) for name, each in faults.items()},
        },
        photographs=tuple(named)[:MOST_PHOTOGRAPHS],
    )
