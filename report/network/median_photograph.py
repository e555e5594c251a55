"""The photograph on which a page shows the inside of a network: a usual one, not a flattering."""

from evaluation.evidence import CANDIDATE
from evaluation.masked_photograph import MaskedPhotograph, records_of, split_files
from pipeline import features
from report.results.run_results import read_results


def median_photograph(examples: str, evaluation: str) -> tuple[MaskedPhotograph, float | None]:
    """Finds the photograph of the test split whose mask is as good as half of all others.

    Args:
        examples: Of PhotographExampleGen.
        evaluation: Of the Gate.

    Returns:
        The photograph and the U-Net's Dice on it; where there are no scores the first of the
        split, and None.

    Raises:
        LookupError: If the test split has no such photograph.
    """
    scores = read_results(evaluation).scores.get(CANDIDATE, ())
    dice = {score.image_id: score.figures.dice for score in scores}
    ranked = sorted(dice, key=lambda image_id: (dice[image_id], image_id))
    chosen = ranked[(len(ranked) - 1) // 2] if ranked else None
    for record in records_of(split_files(examples, features.TEST)):
        photograph = MaskedPhotograph.parse(record)
        if chosen is None or photograph.image_id == chosen:
            return photograph, dice.get(photograph.image_id)
    raise LookupError(f"the test split in {examples} holds no photograph {chosen or 'at all'}")
