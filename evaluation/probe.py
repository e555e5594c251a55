"""Asks a candidate what a score does not show: is it the same twice, how fast, are they numbers."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from evaluation.asked_model import AskedModel
from evaluation.masked_photograph import MaskedPhotograph
from pipeline import progress


@dataclass(frozen=True)
class Probe:
    """What was seen.

    Attributes:
        repeated: How many photographs were asked for twice.
        unequal_repeats: Ids of those whose second reply had other bytes.
        latencies: Seconds of each second request by image id, one at a time; the first one warms
            up.
        non_finite: Ids of those whose probabilities hold NaN or infinity.
    """

    repeated: int
    unequal_repeats: tuple[str, ...]
    latencies: dict[str, float]
    non_finite: tuple[str, ...]


def probe(model: AskedModel, photographs: Iterable[MaskedPhotograph], total: int) -> Probe:
    """Asks for each photograph twice, then for its probabilities.

    A photograph that the model fails on is left out: its score names it already.

    Args:
        model: The candidate, with all threads that it would have when served.
        photographs: The sample.
        total: How many those are, for the progress bar.
    """
    unequal, non_finite = [], []
    latencies: dict[str, float] = {}
    for photograph in photographs:
        try:
            first = model.reply(photograph.image)
            start = time.perf_counter()
            second = model.reply(photograph.image)
            seconds = time.perf_counter() - start
            finite = model.has_finite_probabilities(photograph.image)
        except Exception:  # noqa: BLE001 - the score holds the fault and its text
            continue
        finally:
            progress.advance(total, "asked twice")
        latencies[photograph.image_id] = seconds
        if first != second:
            unequal.append(photograph.image_id)
        if not finite:
            non_finite.append(photograph.image_id)
    return Probe(len(latencies), tuple(unequal), latencies, tuple(non_finite))
