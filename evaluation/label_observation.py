"""What the label audit remembers of one photograph: its label in figures, and where models object.

Made where a photograph's label and the models' masks are at hand at full size, so that the audit of
all photographs needs neither pixels nor models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.label_objection import LabelObjection, objections_to

# Differences are looked for at no more than this many pixels along the longer side.
_LONGEST_SIDE = 960


@dataclass(frozen=True)
class LabelObservation:
    """A label in figures. Lengths and places are pixels of the photograph, y downwards.

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
        objections: Of every model that is heard, good or bad, and of every two of them.
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
    objections: tuple[LabelObjection, ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LabelObservation":
        """Reads what JSON makes of ``dataclasses.asdict``."""
        objections = [
            LabelObjection(**each | {"models": tuple(each["models"])})
            for each in values["objections"]
        ]
        return cls(**{**values, "objections": tuple(objections)})


def observe_label(
    truth: NDArray[np.uint8], masks: Mapping[str, NDArray[np.uint8]]
) -> LabelObservation:
    """Looks at one label and at what the models think of it.

    Args:
        truth: uint8 [H, W], the label; non-zero is car.
        masks: By model name its mask, of the label's shape; may be empty. Those of bad models too:
            which models are believed is the audit's to say.

    Returns:
        The observation; as JSON about a third of a kB per model and per pair of models.

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
    seen = {name: _binary(mask[::step, ::step]) for name, mask in masks.items()}
    return LabelObservation(
        height=height,
        width=width,
        area=cv2.countNonZero(truth),
        left=left * step,
        top=top * step,
        right=min((left + columns) * step, width),
        bottom=min((top + rows) * step, height),
        centre_x=round(step * moments["m10"] / at_least_one, 1),
        centre_y=round(step * moments["m01"] / at_least_one, 1),
        objections=tuple(objections_to(label, seen, step)),
    )


def _binary(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.threshold(np.ascontiguousarray(mask), 0, 255, cv2.THRESH_BINARY)[1]
