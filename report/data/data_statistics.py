"""What is known of a data set once every photograph was looked at: numbers, no pixels but means.

The sections of a page are built from these alone, so that whoever has them, from a folder or from
the examples of a run, gets the same page.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.photograph_folder import Photograph
from components.quarantine import QuarantinedFile
from report.data.near_duplicates import NearDuplicate
from report.picture import Picture

# To be raised whenever PhotographStatistics gets another field, or one of them another meaning.
MEASURES = 1


@dataclass(frozen=True)
class PhotographStatistics:
    """One photograph in numbers.

    Attributes:
        photograph: Its name, car, pose and metadata. Its paths are empty where it was read from the
            examples of a run; in a folder, ``mask_path`` is where it has no mask.
        split: One of ``pipeline.features.SPLITS``.
        height: Pixels, as it is shown: EXIF's orientation counts.
        width: The same.
        brightness: Mean luma (ITU-R BT.601), 0..255.
        colour: Mean red, green and blue, 0..255 each.
        saturation: Mean of HSV's saturation, 0..1.
        mask_area: Share of the pixels that are car, 0..1, at full size; None without a mask.
    """

    photograph: Photograph
    split: str
    height: int
    width: int
    brightness: float
    colour: tuple[float, float, float]
    saturation: float
    mask_area: float | None


@dataclass(frozen=True)
class UnlabelledStatistics:
    """Photographs without masks that wait in ``test/``: counts from their names and metadata.

    Attributes:
        photographs: Those whose names are in order.
        poses: Photographs by pose.
        cars: Number of cars.
        makes: Cars by make; empty where unknown.
        models: Cars by make and model, the same.
        years: Cars by year; -1 where unknown.
        other_files: Files whose names do not parse, or that are no JPEG or PNG.
    """

    photographs: int
    poses: Mapping[int, int]
    cars: int
    makes: Mapping[str, int]
    models: Mapping[tuple[str, str], int]
    years: Mapping[int, int]
    other_files: int


@dataclass(frozen=True)
class DataStatistics:
    """All that the data section shows.

    Attributes:
        photographs: Those that can be used, sorted by id.
        quarantined: Files that cannot, each with its reason; photographs without a mask too.
        metadata: Whether there is a metadata.csv with at least one car.
        average_masks: Mean mask by pose, float32 [h, w], 0..1, each mask stretched to that size;
            key None is the mean over all. Empty without masks.
        unlabelled: None where there is no ``test/``.
        near_duplicates: Pairs of photographs in different splits that look the same.
        samples: Photographs with their masks laid over them.
        extremes: The same, of those at the ends of what was measured.
    """

    photographs: tuple[PhotographStatistics, ...]
    quarantined: tuple[QuarantinedFile, ...]
    metadata: bool
    average_masks: Mapping[int | None, NDArray[np.float32]]
    unlabelled: UnlabelledStatistics | None
    near_duplicates: tuple[NearDuplicate, ...]
    samples: tuple[Picture, ...]
    extremes: tuple[Picture, ...]

    @property
    def cars(self) -> tuple[Photograph, ...]:
        """One photograph of each car, sorted by car."""
        first = {each.photograph.group_id: each.photograph for each in reversed(self.photographs)}
        return tuple(first[group_id] for group_id in sorted(first))
