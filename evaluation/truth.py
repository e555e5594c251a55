"""The figures of a mask beside its truth.

Several models are compared on each photograph, so what depends on the truth alone is computed once
per photograph; and a model's mask is looked at only where there is something in it.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from evaluation.boundary import Outline, squared_distances
from evaluation.figures import Figures
from trainer.dice import hard_dice

_TOLERANCE = 2.0


class Truth:
    """The true mask of a photograph, which models' masks are compared with.

    It never changes after it was made, so threads may share it.

    Example:
        truth = Truth(hand_made_mask)
        truth.figures(mask_of_a_model).dice

    Attributes:
        area: Pixels that are car.
    """

    def __init__(self, mask: NDArray[np.uint8]) -> None:
        """Measures the truth.

        Args:
            mask: uint8 [H, W]; non-zero is car. It is copied.

        Raises:
            ValueError: If it is no such array.
        """
        if not _is_mask(mask):
            raise ValueError(f"a truth is uint8 [H, W], got {mask.dtype} {mask.shape}")
        self._mask = np.not_equal(mask, 0).view(np.uint8)
        self._car = _Car.in_mask(mask)
        self.area = self._car.area

    def figures(self, mask: NDArray[np.uint8]) -> Figures:
        """Compares a mask with the truth.

        ``dice`` is ``trainer.dice.hard_dice``. The outlines are those of
        ``evaluation.boundary.Outline``, which do not run along the photograph's border.

        ``boundary_f1`` is the harmonic mean of precision, the share of the mask's outline that is
        within 2 px (Euclidean, 2 included) of the truth's, and recall, the same the other way:
        Csurka et al. (2013), "What is a good evaluation measure for semantic segmentation?", BMVC,
        https://doi.org/10.5244/C.27.32. ``boundary_distance`` is the average symmetric surface
        distance: the mean over all pixels of both outlines of the distance to the other outline,
        Heimann et al. (2009), https://doi.org/10.1109/TMI.2009.2013851.

        Where a figure has no value of its own, it gets one so that all can be averaged:

        - Truth and mask both empty: scores 1, all else 0.
        - Only the mask empty: ``no_mask()``.
        - Only the truth empty: scores 0, the distance the photograph's diagonal, ``area_error`` the
          mask's share of the photograph, offsets 0.
        - Only one of them covers the whole photograph, and so has no outline: ``boundary_f1`` 0,
          the distance the photograph's diagonal. Both do: they are equal, 1 and 0.

        Args:
            mask: uint8 [H, W] of the truth's size; non-zero is car.

        Returns:
            The figures.

        Raises:
            ValueError: If it is no such array.
        """
        if not _is_mask(mask) or mask.shape != self._mask.shape:
            raise ValueError(
                f"a mask beside this truth is uint8 {self._mask.shape}, "
                f"got {mask.dtype} {mask.shape}"
            )
        car = _Car.in_mask(mask)
        if not car.area:
            return self.no_mask() if self.area else Figures(1, 1, 1, 1, 1, 0, 0, 0, 0, 0)
        # All car of both is in there; the rest of a photograph is most of it.
        around = np.s_[
            min(self._car.top, car.top) : max(self._car.bottom, car.bottom),
            min(self._car.left, car.left) : max(self._car.right, car.right),
        ]
        truth, mask_there = self._mask[around], np.not_equal(mask[around], 0).view(np.uint8)
        overlap = cv2.countNonZero(cv2.bitwise_and(truth, mask_there))
        boundary_f1, boundary_distance = self._boundary(car)
        x, y = car.centroid
        true_x, true_y = self._car.centroid if self.area else car.centroid
        return Figures(
            dice=hard_dice(truth, mask_there),
            iou=overlap / (self.area + car.area - overlap),
            precision=overlap / car.area,
            recall=overlap / self.area if self.area else 0.0,
            boundary_f1=boundary_f1,
            boundary_distance=boundary_distance,
            false_area=self.area + car.area - 2 * overlap,
            area_error=car.area / self.area - 1.0 if self.area else car.area / mask.size,
            offset_x=x - true_x,
            offset_y=y - true_y,
        )

    def no_mask(self) -> Figures:
        """Returns the figures of a model that gave no usable mask.

        Those of an empty mask beside a truth that is not: scores 0, the distance the photograph's
        diagonal, ``area_error`` -1, offsets 0. The same where the truth is empty: no answer is no
        right answer.
        """
        return Figures(0, 0, 0, 0, 0, self._diagonal, self.area, -1, 0, 0)

    @property
    def _diagonal(self) -> float:
        return math.hypot(*self._mask.shape)

    def _boundary(self, car: "_Car") -> tuple[float, float]:
        """Returns F1 of the outlines and the mean distance between them."""
        truth, mask = self._car.outline, car.outline
        if not len(truth) and not len(mask) and self.area:
            return 1.0, 0.0
        if not len(truth) or not len(mask):
            return 0.0, self._diagonal
        to_mask, to_truth = squared_distances(truth, mask)
        recall, precision = (
            int(np.count_nonzero(squares <= _TOLERANCE**2)) / len(squares)
            for squares in (to_mask, to_truth)
        )
        total = np.sqrt(to_mask).sum(dtype=np.float64) + np.sqrt(to_truth).sum(dtype=np.float64)
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return f1, float(total / (len(truth) + len(mask)))


@dataclass(frozen=True, eq=False)
class _Car:
    """What is car in a mask.

    Attributes:
        top: First row with car.
        left: First column.
        bottom: Last row, plus 1; ``top`` where nothing is car.
        right: The same of the columns.
        area: Pixels that are car.
        centroid: Of them, x and y; (0, 0) where nothing is car.
        outline: Of the car.
    """

    top: int
    left: int
    bottom: int
    right: int
    area: int
    centroid: tuple[float, float]
    outline: Outline

    @classmethod
    def in_mask(cls, mask: NDArray[np.uint8]) -> "_Car":
        left, top, width, height = cv2.boundingRect(mask)
        bottom, right = top + height, left + width
        # The outline needs to see the backdrop around the car.
        y, x = max(top - 1, 0), max(left - 1, 0)
        car = np.not_equal(mask[y : bottom + 1, x : right + 1], 0).view(np.uint8)
        moments = cv2.moments(car, binaryImage=True)
        area = int(moments["m00"])
        centroid = (x + moments["m10"] / area, y + moments["m01"] / area) if area else (0.0, 0.0)
        return cls(top, left, bottom, right, area, centroid, Outline.of(car, y, x))


def _is_mask(mask: NDArray[np.uint8]) -> bool:
    return mask.ndim == 2 and mask.dtype == np.uint8 and mask.size > 0
