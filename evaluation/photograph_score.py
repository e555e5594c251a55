"""One row of an evaluation: what one model did on one photograph."""

from dataclasses import dataclass

from evaluation.figures import Figures


@dataclass(frozen=True)
class PhotographScore:
    """What one model did on one photograph.

    Attributes:
        model: Its name.
        image_id: Of the photograph.
        group_id: Its car.
        pose: 1..16, -1 where unknown.
        make: Empty where unknown.
        year: -1 where unknown.
        height: Of the photograph, pixels.
        width: The same.
        mask_area: Share of the photograph that is car, in [0, 1].
        figures: Of the mask; those of no mask at all where there is a fault.
        ceiling: Dice of a perfect prediction at the model's input size; -1 where that is unknown.
        reply_bytes: Size of the reply, 0 where there was none.
        seconds: From request to reply.
        fault: Why there is no usable mask; empty where there is one.
    """

    model: str
    image_id: str
    group_id: str
    pose: int
    make: str
    year: int
    height: int
    width: int
    mask_area: float
    figures: Figures
    ceiling: float
    reply_bytes: int
    seconds: float
    fault: str = ""
