"""How bright and how colourful the photographs are, in each split: they should not differ much."""

import statistics as moments
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline import features
from report.data.data_statistics import DataStatistics, PhotographStatistics
from report.plots.histogram import share_histogram
from report.section import Section
from report.template import render


@dataclass(frozen=True)
class _Row:
    """Means over a split's photographs; spread is the standard deviation between them."""

    split: str
    brightness: float
    spread: float
    colour: tuple[float, ...]
    saturation: float


def colour(statistics: DataStatistics) -> Section:
    """Builds the section.

    Args:
        statistics: Of the data.
    """
    by_split = {
        split: [each for each in statistics.photographs if each.split == split]
        for split in features.SPLITS
    }
    by_split = {split: photographs for split, photographs in by_split.items() if photographs}
    plots = []
    if by_split:
        plots = [
            share_histogram(
                "brightness",
                "Brightness of the photographs: mean luma, 0 is black and 255 white",
                "brightness",
                {split: [each.brightness for each in of] for split, of in by_split.items()},
            ),
            share_histogram(
                "saturation",
                "Colourfulness of the photographs: mean saturation, 0 is gray and 1 pure colour",
                "saturation",
                {split: [each.saturation for each in of] for split, of in by_split.items()},
            ),
        ]
    return Section(
        "colour",
        "Brightness and colour",
        render(
            "colour.html",
            rows=[_row(split, photographs) for split, photographs in by_split.items()],
            plots=plots,
        ),
    )


def _row(split: str, photographs: Sequence[PhotographStatistics]) -> _Row:
    brightness = [each.brightness for each in photographs]
    return _Row(
        split,
        moments.fmean(brightness),
        moments.pstdev(brightness),
        tuple(
            moments.fmean(channel)
            for channel in zip(*(each.colour for each in photographs), strict=True)
        ),
        moments.fmean(each.saturation for each in photographs),
    )
