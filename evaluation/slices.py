"""What an evaluation can be sliced by: every feature of the examples, and the mask's area."""

import numpy as np

from evaluation.masked_photograph import MaskedPhotograph
from evaluation.score_photograph import ScoredPhotograph
from pipeline import features

MASK_AREA = features.MASK_AREA
_BAND = 0.05


def slice_values(photograph: MaskedPhotograph, scored: ScoredPhotograph) -> dict[str, np.ndarray]:
    """Returns a photograph's place in every slice.

    Args:
        photograph: Its features keep their names and values; text as UTF-8 bytes, as TFMA wants it.
        scored: Gives ``mask_area``, the truth's share of the photograph in bands of 5%, written
            ``0.20-0.25``.
    """
    values = {
        name: np.array([value.encode() if isinstance(value, str) else value])
        for name, value in photograph.values.items()
    }
    values[MASK_AREA] = np.array([area_band(scored.scores[0].mask_area).encode()])
    return values


def area_band(area: float) -> str:
    """Names the band of 5% that a share of the photograph lies in.

    Args:
        area: In [0, 1]; 1 counts to the last band.
    """
    index = min(int(area / _BAND + 1e-9), round(1 / _BAND) - 1)
    return f"{index * _BAND:.2f}-{(index + 1) * _BAND:.2f}"
