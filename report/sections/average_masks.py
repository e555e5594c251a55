"""What the masks have in common, in all and in each pose: the baseline that models must beat."""

import numpy as np
from numpy.typing import NDArray

from report.data.data_statistics import DataStatistics
from report.picture import Picture, picture_of
from report.section import Section
from report.template import render


def average_masks(statistics: DataStatistics) -> Section:
    """Builds the section; without masks it says so.

    Args:
        statistics: Of the data.
    """
    pictures = []
    for pose, mean in statistics.average_masks.items():
        name = "all poses" if pose is None else f"pose {pose}"
        pictures.append(_picture(mean, name))
    return Section(
        "average-masks", "Average masks", render("average_masks.html", pictures=pictures)
    )


def _picture(mean: NDArray[np.float32], name: str) -> Picture:
    return picture_of(np.rint(255 * mean).astype(np.uint8), f"Average mask, {name}", name)
