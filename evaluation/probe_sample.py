"""Which photographs a candidate is asked for once more, beyond their score."""

import hashlib
from collections.abc import Sequence

from evaluation.photograph_score import PhotographScore

# Probabilities that are no numbers look like backdrop, so that the mask they leave is a bad one.
_WORST = 4


def probe_sample(scores: Sequence[PhotographScore], count: int) -> set[str]:
    """Chooses photographs: some of all kinds, and those with the worst masks.

    Ids run through the poses of each car in turn, so that every n-th may be of one pose. Taken in
    the order of their digests, cars and poses both vary, and the same ids give the same choice.

    Args:
        scores: The candidate's.
        count: How many are taken in the order of their digests; the 4 with the lowest Dice of those
            that have a mask come on top.

    Returns:
        Image ids.
    """
    masked = [score for score in scores if not score.fault]
    worst = sorted(masked, key=lambda score: (score.figures.dice, score.image_id))[:_WORST]
    mixed = sorted(score.image_id for score in scores)
    mixed.sort(key=lambda image_id: hashlib.sha256(image_id.encode()).digest())
    return {*mixed[:count], *(score.image_id for score in worst)}
