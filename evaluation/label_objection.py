"""What one model, or two that agree, have against a label.

Which models are worth asking is known only when the whole split is scored, and masks are not kept
that long. So each model is heard alone and with each other one, and ``evaluation.label_judges``
picks what counts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

# The alignment is fitted at this many pixels along the longer side, blurred by this share of them:
# a label that lies 2% of the width away is still found.
_ALIGNMENT_SIDE = 240
_ALIGNMENT_BLUR = 0.01
# Share of the longer side by which an outline may be off without a word: 5 px of 1918. A good model
# at 768x512 stays within it nearly everywhere.
_TOLERANCE = 0.0026

_Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class LabelObjection:
    """What models have against a label. Lengths and places are pixels of the photograph.

    Attributes:
        models: Names of those who agree on it, sorted; empty where nobody was asked, and then the
            rest is 0.
        missing: Pixels that all of them call car and the label does not, in pieces that reach
            further from the label than an outline may be off.
        missing_piece: Of which in the largest connected piece.
        missing_x: Its centre.
        missing_y: The same, downwards.
        surplus: Pixels that the label calls car and none of them does, in the same sense.
        surplus_piece: Of which in the largest connected piece.
        surplus_x: Its centre.
        surplus_y: The same, downwards.
        shift_x: How far to the right the label would have to move to lie where they see the car.
        shift_y: The same, downwards.
        growth: How far the label's outline would have to grow all around to meet theirs.
    """

    models: tuple[str, ...] = ()
    missing: int = 0
    missing_piece: int = 0
    missing_x: int = 0
    missing_y: int = 0
    surplus: int = 0
    surplus_piece: int = 0
    surplus_x: int = 0
    surplus_y: int = 0
    shift_x: float = 0.0
    shift_y: float = 0.0
    growth: float = 0.0


def objections_to(
    label: NDArray[np.uint8], masks: Mapping[str, NDArray[np.uint8]], step: int
) -> Iterator[LabelObjection]:
    """Hears every model alone, and every two of them on what they agree on.

    Args:
        label: uint8 [H, W], 0 or 255.
        masks: By model name its mask, the same.
        step: Pixels of the photograph per pixel of these arrays.

    Yields:
        One per model and one per pair.
    """
    tolerance = max(1, round(_TOLERANCE * max(label.shape)))
    around = np.ones((2 * tolerance + 1, 2 * tolerance + 1), np.uint8)
    no_label, far_from_label = cv2.bitwise_not(label), cv2.bitwise_not(cv2.dilate(label, around))
    alignment = _Alignment(label)
    # By model: what it adds to the label, of which far from the label; what it takes away, of which
    # far from its mask. What two agree on is where both do so.
    views = {
        name: (
            cv2.bitwise_and(mask, no_label),
            cv2.bitwise_and(mask, far_from_label),
            cv2.bitwise_and(label, cv2.bitwise_not(mask)),
            cv2.bitwise_and(label, cv2.bitwise_not(cv2.dilate(mask, around))),
        )
        for name, mask in masks.items()
    }
    for models in _alone_and_in_pairs(views):
        added, added_far, taken, taken_far = (
            cv2.bitwise_and(one, other)
            for one, other in zip(views[models[0]], views[models[-1]], strict=True)
        )
        shift_x, shift_y, growth = alignment.fit(added, taken)
        yield LabelObjection(
            models=models,
            **_pieces("missing", added, added_far, around, step),
            **_pieces("surplus", taken, taken_far, around, step),
            shift_x=round(step * shift_x, 2),
            shift_y=round(step * shift_y, 2),
            growth=round(step * growth, 2),
        )


def _alone_and_in_pairs(names: Mapping[str, object]) -> list[tuple[str, ...]]:
    ordered = sorted(names)
    return [*((name,) for name in ordered), *combinations(ordered, 2)]


def _pieces(name: str, all_of_it: _Mask, far: _Mask, around: _Mask, step: int) -> dict[str, int]:
    """Those pieces of a difference that reach far, at their whole width."""
    left, top, columns, rows = cv2.boundingRect(far)
    if not columns:
        return {}
    # Nothing lies further out than the widening reaches.
    reach = around.shape[0] // 2
    left, right = max(left - reach, 0), left + columns + reach
    top, bottom = max(top - reach, 0), top + rows + reach
    pieces = cv2.bitwise_and(
        cv2.dilate(far[top:bottom, left:right], around), all_of_it[top:bottom, left:right]
    )
    _, _, statistics, centres = cv2.connectedComponentsWithStats(pieces, connectivity=8)
    largest = 1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())
    return {
        name: cv2.countNonZero(pieces) * step**2,
        f"{name}_piece": int(statistics[largest, cv2.CC_STAT_AREA]) * step**2,
        f"{name}_x": round((left + centres[largest][0]) * step),
        f"{name}_y": round((top + centres[largest][1]) * step),
    }


class _Alignment:
    """Fits the shift and the growth of a label that explain a difference best.

    Moving a blurred label L by (x, y) changes it by -x dL/dx - y dL/dy, growing it by g changes it
    by g |dL|, both to first order: three columns, least squares (Lucas and Kanade, 1981).
    """

    def __init__(self, label: NDArray[np.uint8]) -> None:
        """Takes the label: uint8 [H, W], 0 or 255."""
        rows, columns = label.shape
        self._scale = max(1.0, max(rows, columns) / _ALIGNMENT_SIDE)
        self._size = max(1, round(columns / self._scale)), max(1, round(rows / self._scale))
        self._sigma = max(1.0, _ALIGNMENT_BLUR * max(self._size))
        self._label = self._small(label.astype(np.float32))

    def fit(self, added: NDArray[np.uint8], taken: NDArray[np.uint8]) -> tuple[float, float, float]:
        """Fits what models add to the label and what they take away, each uint8 [H, W], 0 or 255.

        Returns:
            Shift to the right, shift downwards and growth, in pixels of the arrays given.
        """
        difference = self._small(cv2.subtract(added, taken, dtype=cv2.CV_32F))
        # Slopes halfway to the models' shape: there the second order falls out.
        halfway = self._label + 0.5 * difference
        slope_x = cv2.Sobel(halfway, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
        slope_y = cv2.Sobel(halfway, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
        explaining = np.stack(
            [-slope_x.ravel(), -slope_y.ravel(), cv2.magnitude(slope_x, slope_y).ravel()]
        )
        normal = explaining @ explaining.T
        # An empty label has no outline; the ridge makes its answer 0.
        normal += 1e-6 * np.eye(3)
        fitted = self._scale * np.linalg.solve(normal, explaining @ difference.ravel())
        return float(fitted[0]), float(fitted[1]), float(fitted[2])

    def _small(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shrinks and blurs float32 [H, W] in 0..255 to a share in 0..1."""
        small = cv2.resize(pixels, self._size, interpolation=cv2.INTER_AREA) / 255.0
        return cv2.GaussianBlur(small, (0, 0), self._sigma)
