"""What the label audit remembers of one photograph: its label in figures, and where models object.

Made where a photograph's label and the models' masks are at hand at full size, so that the audit of
all photographs needs neither pixels nor models.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# Pieces are looked for at no more than this many pixels along the longer side.
_LONGEST_SIDE = 960
# The alignment is fitted at this many, blurred by this share of them: a label that lies 2% of the
# width away is still found.
_ALIGNMENT_SIDE = 240
_ALIGNMENT_BLUR = 0.01
# Share of the longer side by which an outline may be off without a word: 5 px of 1918. A good model
# at 768x512 stays within it nearly everywhere.
_TOLERANCE = 0.0026


@dataclass(frozen=True)
class LabelObservation:
    """A label in figures. Lengths and places are pixels of the photograph, y downwards.

    ``LabelObservation(**json.loads(json.dumps(dataclasses.asdict(it))))`` gives it back.

    Attributes:
        height: Of the photograph.
        width: The same.
        area: Pixels that the label calls car.
        left: First column with car; 0 where the label is empty, as the next three.
        top: First row with car.
        right: Column after the last one with car.
        bottom: Row after the last one with car.
        centre_x: Of the label's pixels.
        centre_y: The same.
        models: How many masks were compared with the label; with 0 the rest is 0.
        missing: Pixels that all models call car and the label does not, in pieces that reach
            further from the label than an outline may be off.
        missing_piece: Of which in the largest connected piece.
        missing_x: Its centre.
        missing_y: The same.
        surplus: Pixels that the label calls car and no model does, in the same sense.
        surplus_piece: Of which in the largest connected piece.
        surplus_x: Its centre.
        surplus_y: The same.
        shift_x: How far to the right the label would have to move to lie where the models see car.
        shift_y: The same, downwards.
        growth: How far the label's outline would have to grow all around to meet the models'.
    """

    height: int
    width: int
    area: int
    left: int
    top: int
    right: int
    bottom: int
    centre_x: float
    centre_y: float
    models: int = 0
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


def observe_label(
    truth: NDArray[np.uint8], masks: Mapping[str, NDArray[np.uint8]]
) -> LabelObservation:
    """Looks at one label and at what the models think of it.

    Models are believed only where all agree. Leave out those that are no judges: the average mask,
    and whatever scores badly.

    Args:
        truth: uint8 [H, W], the label; non-zero is car.
        masks: By model name its mask, of the label's shape; may be empty.

    Returns:
        The observation, half a kB as JSON.

    Raises:
        ValueError: If a shape differs from the label's, or is not two-dimensional.
    """
    if truth.ndim != 2 or any(mask.shape != truth.shape for mask in masks.values()):
        shapes = {name: mask.shape for name, mask in masks.items()}
        raise ValueError(f"the label [H, W] is {truth.shape}, the masks {shapes}")
    height, width = truth.shape
    step = max(1, round(max(height, width) / _LONGEST_SIDE))
    label = _binary(truth[::step, ::step])
    moments = cv2.moments(label, binaryImage=True)
    left, top, columns, rows = cv2.boundingRect(label)
    at_least_one = max(moments["m00"], 1.0)
    observed = {
        "height": height,
        "width": width,
        "area": cv2.countNonZero(truth),
        "left": left * step,
        "top": top * step,
        "right": min((left + columns) * step, width),
        "bottom": min((top + rows) * step, height),
        "centre_x": round(step * moments["m10"] / at_least_one, 1),
        "centre_y": round(step * moments["m01"] / at_least_one, 1),
    }
    if masks:
        seen = [_binary(mask[::step, ::step]) for mask in masks.values()]
        observed |= {"models": len(seen), **_objections(label, seen, step)}
    return LabelObservation(**observed)


def _objections(
    label: NDArray[np.uint8], seen: list[NDArray[np.uint8]], step: int
) -> dict[str, int | float]:
    by_all, by_any = seen[0], seen[0]
    for mask in seen[1:]:
        by_all, by_any = cv2.bitwise_and(by_all, mask), cv2.bitwise_or(by_any, mask)
    tolerance = max(1, round(_TOLERANCE * max(label.shape)))
    objections = {
        **_pieces("missing", by_all, label, tolerance, step),
        **_pieces("surplus", label, by_any, tolerance, step),
    }
    # +1 where all models add to the label, -1 where all take away, 0 where one agrees with it.
    difference = cv2.bitwise_and(by_all, cv2.bitwise_not(label)).astype(np.float32)
    difference -= cv2.bitwise_and(label, cv2.bitwise_not(by_any))
    shift_x, shift_y, growth = _alignment(label, difference / 255.0)
    return objections | {
        "shift_x": round(step * shift_x, 2),
        "shift_y": round(step * shift_y, 2),
        "growth": round(step * growth, 2),
    }


def _pieces(
    name: str, more: NDArray[np.uint8], less: NDArray[np.uint8], tolerance: int, step: int
) -> dict[str, int | float]:
    """What ``more`` has beyond ``less``, in pieces that reach further than the tolerance."""
    around = np.ones((2 * tolerance + 1, 2 * tolerance + 1), np.uint8)
    beyond = cv2.bitwise_and(more, cv2.bitwise_not(cv2.dilate(less, around)))
    # Back to the whole width of each piece, which the tolerance has cut.
    pieces = cv2.bitwise_and(
        cv2.dilate(beyond, around), cv2.bitwise_and(more, cv2.bitwise_not(less))
    )
    count, _, statistics, centres = cv2.connectedComponentsWithStats(pieces, connectivity=8)
    if count == 1:
        return {}
    largest = 1 + int(statistics[1:, cv2.CC_STAT_AREA].argmax())
    return {
        name: cv2.countNonZero(pieces) * step**2,
        f"{name}_piece": int(statistics[largest, cv2.CC_STAT_AREA]) * step**2,
        f"{name}_x": round(centres[largest][0] * step),
        f"{name}_y": round(centres[largest][1] * step),
    }


def _alignment(
    label: NDArray[np.uint8], difference: NDArray[np.float32]
) -> tuple[float, float, float]:
    """Fits the shift and the growth of the label that explain the difference best.

    Moving a blurred label L by (x, y) changes it by -x dL/dx - y dL/dy, growing it by g changes it
    by g |dL|, both to first order: three columns, least squares (Lucas and Kanade, 1981).

    Returns:
        Shift to the right, shift downwards and growth, in pixels of the arrays given.
    """
    rows, columns = label.shape
    scale = max(1.0, max(rows, columns) / _ALIGNMENT_SIDE)
    size = max(1, round(columns / scale)), max(1, round(rows / scale))
    sigma = max(1.0, _ALIGNMENT_BLUR * max(size))
    small_label = cv2.resize(label.astype(np.float32) / 255.0, size, interpolation=cv2.INTER_AREA)
    small_label = cv2.GaussianBlur(small_label, (0, 0), sigma)
    small_difference = cv2.resize(difference, size, interpolation=cv2.INTER_AREA)
    small_difference = cv2.GaussianBlur(small_difference, (0, 0), sigma)
    # Slopes halfway to the models' shape: there the second order falls out.
    halfway = small_label + 0.5 * small_difference
    slope_x = cv2.Sobel(halfway, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    slope_y = cv2.Sobel(halfway, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    explaining = np.stack(
        [-slope_x.ravel(), -slope_y.ravel(), np.hypot(slope_x, slope_y).ravel()], axis=1
    )
    normal = explaining.T @ explaining
    # An empty label has no outline; the ridge makes its answer 0.
    normal += 1e-6 * np.eye(3)
    shift_x, shift_y, growth = np.linalg.solve(normal, explaining.T @ small_difference.ravel())
    return float(shift_x * scale), float(shift_y * scale), float(growth * scale)


def _binary(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.threshold(np.ascontiguousarray(mask), 0, 255, cv2.THRESH_BINARY)[1]
