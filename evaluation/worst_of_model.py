"""Asks a model once more for the masks that it did worst on, and shows them."""

from collections.abc import Callable, Mapping, Sequence

from evaluation.asked_model import AskedModel
from evaluation.masked_photograph import MaskedPhotograph
from evaluation.photograph_score import PhotographScore
from evaluation.worst_photographs import WorstInput, worst, write_worst


def write_worst_of(
    folder: str,
    scores: Sequence[PhotographScore],
    model: AskedModel,
    find: Callable[[set[str]], Mapping[str, MaskedPhotograph]],
    count: int = 12,
) -> None:
    """Writes what ``evaluation.worst_photographs`` describes; an evaluation keeps no masks.

    Args:
        folder: On any file system that TensorFlow writes to.
        scores: One per photograph, all of this model.
        model: That was scored.
        find: Reads photographs by their ids.
        count: How many are shown at most.
    """
    photographs = find({score.image_id for score in worst(scores, count)})

    def files_of(image_id: str) -> WorstInput:
        photograph = photographs[image_id]
        try:
            reply = model.reply(photograph.image)
        except Exception:  # noqa: BLE001 - the score holds the fault and its text
            reply = None
        return WorstInput(photograph.image, photograph.mask, reply)

    write_worst(folder, scores, files_of, count)
