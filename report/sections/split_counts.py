"""How many photographs and cars there are, where a run would put them, and in which poses."""

from collections import Counter
from dataclasses import dataclass

from pipeline import features
from report.data.data_statistics import DataStatistics
from report.plots.columns import share_columns
from report.section import Section
from report.shares import shares_of
from report.template import render


@dataclass(frozen=True)
class _Row:
    name: str
    cars: int
    photographs: int
    without_mask: int


def split_counts(statistics: DataStatistics) -> Section:
    """Builds the section.

    Args:
        statistics: Of the data.
    """
    rows = []
    for split in features.SPLITS:
        of_split = [each for each in statistics.photographs if each.split == split]
        cars = {each.photograph.group_id for each in of_split}
        without_mask = sum(each.mask_area is None for each in of_split)
        rows.append(_Row(split, len(cars), len(of_split), without_mask))
    total = _Row(
        "all",
        sum(row.cars for row in rows),
        sum(row.photographs for row in rows),
        sum(row.without_mask for row in rows),
    )
    poses_of_car = Counter(each.photograph.group_id for each in statistics.photographs)
    return Section(
        "photographs",
        "Photographs",
        render(
            "split_counts.html",
            rows=rows,
            total=total,
            without_cars=[row.name for row in rows if not row.cars],
            unlabelled=statistics.unlabelled,
            fewest=min(poses_of_car.values(), default=0),
            most=max(poses_of_car.values(), default=0),
            poses=_poses(statistics) if total.photographs else None,
        ),
    )


def _poses(statistics: DataStatistics) -> object:
    groups = {"train/": shares_of(Counter(each.photograph.pose for each in statistics.photographs))}
    caption = "Share of the photographs in each pose"
    if statistics.unlabelled is not None and statistics.unlabelled.photographs:
        groups["unlabelled test/"] = shares_of(statistics.unlabelled.poses)
        caption += ", of train/ and of the unlabelled ones in test/"
    return share_columns("poses", caption, "pose", groups)
