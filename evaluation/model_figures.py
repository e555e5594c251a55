"""What verdict.json says of one model: every figure's mean over the test photographs."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from evaluation.bootstrap import Interval, group_bootstrap
from evaluation.figures import Figures
from evaluation.photograph_score import PhotographScore


@dataclass(frozen=True, config=ConfigDict(extra="forbid", allow_inf_nan=False))
class ModelFigures:
    """What one model did on the test photographs.

    Attributes:
        photographs: How many it was asked for.
        faults: For how many of them it gave no usable mask.
        ceiling: Mean Dice of a perfect prediction at the model's input size, over the photographs
            where that is known; null where it is known for none.
        figures: By name (dice, iou, precision, recall, boundary_f1, boundary_distance in pixels,
            false_area in pixels, area_error, offset_x and offset_y in pixels) the mean with its 95%
            interval over the cars. No usable mask counts as an empty one.
    """

    photographs: int
    faults: int
    ceiling: float | None
    figures: dict[str, Interval]

    @classmethod
    def over(cls, scores: Sequence[PhotographScore]) -> "ModelFigures":
        """Takes the means of one model's scores.

        Raises:
            ValueError: If there are none, or a figure is not finite.
        """
        groups = [score.group_id for score in scores]
        ceilings = [score.ceiling for score in scores if score.ceiling >= 0]
        return cls(
            photographs=len(scores),
            faults=sum(bool(score.fault) for score in scores),
            ceiling=float(np.mean(ceilings)) if ceilings else None,
            figures={
                field.name: group_bootstrap(
                    [getattr(score.figures, field.name) for score in scores], groups
                )
                for field in dataclasses.fields(Figures)
            },
        )
