"""Counts the photographs that wait for masks, by names and metadata: no file is opened.

The challenge has 100,064 of them. Names are read one at a time and only counts are kept, with the
set of cars, which are a sixteenth as many.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from components.photograph_folder import parse_image_id
from report.data_statistics import UnlabelledStatistics

_FOLDER = "test"
_SUFFIXES = (".jpg", ".jpeg", ".png")


def unlabelled_of(
    folder: str, metadata: Mapping[str, tuple[str, str, int]]
) -> UnlabelledStatistics | None:
    """Counts what lies in ``folder/test``.

    Args:
        folder: Kaggle's layout, a local folder.
        metadata: Make, model and year by car id.

    Returns:
        The counts; None where there is no such folder.
    """
    place = os.path.join(folder, _FOLDER)
    return count_names(_names(place), metadata) if os.path.isdir(place) else None


def count_names(
    names: Iterable[str], metadata: Mapping[str, tuple[str, str, int]]
) -> UnlabelledStatistics:
    """Counts file names, each looked at once.

    Args:
        names: File names without folders.
        metadata: See ``unlabelled_of``.
    """
    poses: Counter[int] = Counter()
    cars: set[str] = set()
    other_files = 0
    for name in names:
        image_id, suffix = os.path.splitext(name)
        car_and_pose = parse_image_id(image_id)
        if suffix.lower() not in _SUFFIXES or car_and_pose is None:
            other_files += 1
            continue
        cars.add(car_and_pose[0])
        poses[car_and_pose[1]] += 1
    known = Counter(metadata.get(car, ("", "", -1)) for car in cars)
    makes: Counter[str] = Counter()
    models: Counter[tuple[str, str]] = Counter()
    years: Counter[int] = Counter()
    for (make, model, year), count in known.items():
        makes[make] += count
        models[make, model] += count
        years[year] += count
    return UnlabelledStatistics(poses.total(), poses, len(cars), makes, models, years, other_files)


def _names(place: str) -> Iterator[str]:
    with os.scandir(place) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                yield entry.name
