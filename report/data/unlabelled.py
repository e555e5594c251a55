"""Counts the photographs that wait for masks, by names and metadata: no file is opened.

The challenge has 100,064 of them. Names are read one at a time and only counts are kept, with the
set of cars, which are a sixteenth as many.
"""

import hashlib
import itertools
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from components.folder_files import files_in, is_local
from components.photograph_folder import parse_image_id
from report.data.data_statistics import UnlabelledStatistics

_FOLDER = "test"
_SUFFIXES = (".jpg", ".jpeg", ".png")


def unlabelled_of(
    folders: Sequence[str], metadata: Mapping[str, tuple[str, str, int]]
) -> UnlabelledStatistics | None:
    """Counts what lies in ``test/`` of some folders.

    Args:
        folders: Kaggle's layout, local paths or URLs.
        metadata: Make, model and year by car id.

    Returns:
        The counts; None where there is no such folder. On an object store, which knows only files,
        an empty one is none.

    Raises:
        UnusableFolder: If a folder cannot be listed.
    """
    names = (name for folder in folders for name in _names(folder))
    if any(is_local(each) and os.path.isdir(os.path.join(each, _FOLDER)) for each in folders):
        return count_names(names, metadata)
    first = next(names, None)
    return None if first is None else count_names(itertools.chain([first], names), metadata)


def names_digest(folders: Sequence[str]) -> str:
    """Returns a digest of the names in ``test/``, to notice photographs that came or went.

    Args:
        folders: As for ``unlabelled_of``.

    Returns:
        16 hex digits, whatever the order of the names; nothing but their sum is kept.

    Raises:
        UnusableFolder: If a folder cannot be listed.
    """
    total = 0
    for folder in folders:
        for name in _names(folder):
            digest = hashlib.sha256(os.fsencode(name)).digest()
            total = (total + int.from_bytes(digest[:8], "big")) % 2**64
    return f"{total:016x}"


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


def _names(folder: str) -> Iterator[str]:
    return (os.path.basename(file.path) for file in files_in(folder, _FOLDER))
