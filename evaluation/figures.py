"""What one mask is worth beside the truth of its photograph."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figures:
    """One mask beside its truth, both of the photograph's size.

    Attributes:
        dice: Hard Dice, in [0, 1].
        iou: Intersection over union, in [0, 1].
        precision: Share of the mask that is car.
        recall: Share of the car that is in the mask.
        boundary_f1: F1 of the two outlines' pixels that lie within 2 px of the other outline.
        boundary_distance: Mean distance between the outlines, pixels, both ways.
        false_area: Pixels that are car in one of the two only.
        area_error: Pixels of the mask over pixels of the truth, less 1.
        offset_x: Mask's centroid less the truth's, pixels to the right.
        offset_y: The same, pixels down.
    """

    dice: float
    iou: float
    precision: float
    recall: float
    boundary_f1: float
    boundary_distance: float
    false_area: int
    area_error: float
    offset_x: float
    offset_y: float
