"""What a model made of a photograph."""

import re
from dataclasses import dataclass

import cv2
import numpy as np

from components.quarantine import Reason, UnusablePhotograph
from serving.errors import ServingError
from trainer.photograph.photograph_check import OVER_LIMIT
from trainer.photograph.photograph_header import CUT_SHORT

# A fault begins with its place in the request. That may hold several: the parts of a photograph.
_PLACE = re.compile(r"(?:.*?\[|; )image_bytes\[\d+\] ")


@dataclass(frozen=True)
class Answer:
    """A mask, or why there is none.

    Attributes:
        mask: A PNG file or run lengths, as they were asked for.
        height: Of the photograph as it is shown, pixels; 0 where there is no mask.
        width: The same.
        area: Pixels of the object.
        reason: Why there is no mask; None if there is one.
        detail: What exactly was found.
        seconds: That the model took, its share of the batch.
    """

    mask: bytes
    height: int = 0
    width: int = 0
    area: int = 0
    reason: Reason | None = None
    detail: str = ""
    seconds: float = 0.0

    @classmethod
    def without_mask(cls, fault: UnusablePhotograph, seconds: float = 0.0) -> "Answer":
        """Makes the answer of a photograph that cannot be used."""
        return cls(b"", reason=fault.reason, detail=fault.detail, seconds=seconds)


def refusal(error: ServingError) -> UnusablePhotograph:
    """Turns what a model says of the one photograph it was given into the quarantine's words.

    Where it was given the photograph in parts, the first fault counts.
    """
    text = error.message.partition("\n")[0]
    faults = _PLACE.split(text)[1:]
    if faults:
        text = faults[0].rstrip("] ")
    reason = Reason.UNDECODABLE_IMAGE
    if text.endswith(OVER_LIMIT):
        reason = Reason.TOO_LARGE
    elif text.startswith(CUT_SHORT):
        reason = Reason.TRUNCATED_IMAGE
    return UnusablePhotograph(reason, f"it {text}")


def area_of_runs(runs: bytes) -> int:
    """Returns how many pixels run lengths cover."""
    return int(np.array(runs.split()[1::2], dtype=np.int64).sum())


def area_of_png(mask: bytes) -> int:
    """Returns how many pixels of a mask's PNG file are not 0."""
    pixels = cv2.imdecode(np.frombuffer(mask, np.uint8), cv2.IMREAD_GRAYSCALE)
    return int(cv2.countNonZero(pixels))
