"""How much of a photograph is car, by pose: a pose with wide boxes is a hard one."""

import statistics as moments

from report.data.data_statistics import DataStatistics
from report.plots.boxes import boxes_by_pose
from report.section import Section
from report.template import render


def mask_area(statistics: DataStatistics) -> Section:
    """Builds the section; without masks it says so.

    Args:
        statistics: Of the data.
    """
    by_pose: dict[int, list[float]] = {}
    for each in statistics.photographs:
        if each.mask_area is not None:
            by_pose.setdefault(each.photograph.pose, []).append(each.mask_area)
    areas = [area for of_pose in by_pose.values() for area in of_pose]
    return Section(
        "mask-area",
        "Mask area",
        render(
            "mask_area.html",
            count=len(areas),
            smallest=min(areas, default=0.0),
            median=moments.median(areas) if areas else 0.0,
            largest=max(areas, default=0.0),
            plot=boxes_by_pose(
                "mask-area",
                "Share of the photograph that is car, by pose: median, quartiles, outliers",
                "mask area",
                dict(sorted(by_pose.items())),
            )
            if areas
            else None,
        ),
    )
