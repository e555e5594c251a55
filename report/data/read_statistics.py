"""Looks at every photograph of a folder once and keeps numbers: ``DataStatistics``.

Threads, not processes: file reads and all decoders let go of Python's lock, and nothing has to be
imported twice. A few photographs are in memory at a time, however many there are.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from components.photograph_example import read_mask
from components.photograph_file import read_photograph_file
from components.photograph_folder import (
    Photograph,
    UnusableFolder,
    list_folder,
    parse_image_id,
    read_metadata,
)
from components.quarantine import QuarantinedFile, Reason, UnusablePhotograph
from pipeline import progress
from pipeline.config import DataConfig
from report.data.average_mask import AverageMasks
from report.data.data_statistics import DataStatistics, PhotographStatistics
from report.data.near_duplicates import Fingerprint, near_duplicates
from report.data.read_photograph import ReadPhotograph, read_photograph
from report.data.samples import choose_extremes, choose_samples, draw_sample
from report.data.unlabelled import unlabelled_of
from report.picture import Picture

# Photographs on their way per worker: enough that none waits, few enough for memory.
_AHEAD = 4


def read_statistics(folder: str, config: DataConfig, workers: int) -> DataStatistics:
    """Reads a folder.

    Args:
        folder: Kaggle's layout. Photographs whose mask is missing are looked at too, unlike in a
            run, and are in the quarantine as there.
        config: Gives the limits of a photograph and the shares of the splits.
        workers: Photographs that are looked at side by side.

    Returns:
        What is known. Several kilobytes are kept per photograph in ``train/``, nothing per
        photograph in ``test/``.

    Raises:
        UnusableFolder: If it holds no photographs, or TFRecord files.
    """
    listing = list_folder(folder)
    if listing.records:
        raise UnusableFolder(
            f"{folder}: holds TFRecord files; explore reads photographs in Kaggle's layout: "
            "train/, train_masks/, metadata.csv"
        )
    metadata = read_metadata(folder)
    without_mask = _without_mask(listing.quarantined, metadata)
    photographs = sorted((*listing.photographs, *without_mask), key=lambda each: each.image_id)

    statistics: list[PhotographStatistics] = []
    fingerprints: list[Fingerprint] = []
    quarantined = list(listing.quarantined)
    masks = AverageMasks()
    for photograph, reading in _read_all(photographs, config, workers):
        progress.advance(len(photographs), "photographs")
        try:
            read = reading.result()
        except UnusablePhotograph as fault:
            quarantined.append(QuarantinedFile(photograph.image_path, fault.reason, fault.detail))
            continue
        statistics.append(read.statistics)
        fingerprints.append(read.fingerprint)
        if read.small_mask is not None:
            masks.add(photograph.pose, read.small_mask)
    return DataStatistics(
        photographs=tuple(statistics),
        quarantined=tuple(quarantined),
        metadata=bool(metadata),
        average_masks=masks.means(),
        unlabelled=unlabelled_of([folder], metadata),
        near_duplicates=near_duplicates(fingerprints),
        samples=tuple(_draw(each) for each in choose_samples(statistics)),
        extremes=tuple(_draw(each, what) for what, each in choose_extremes(statistics)),
    )


def _draw(each: PhotographStatistics, *caption: str) -> Picture:
    photograph = each.photograph
    mask = None
    if photograph.mask_path:
        mask = read_mask(read_photograph_file(photograph.mask_path))
    return draw_sample(each, read_photograph_file(photograph.image_path), mask, *caption)


def _without_mask(
    quarantined: Iterable[QuarantinedFile], metadata: dict[str, tuple[str, str, int]]
) -> Iterator[Photograph]:
    for file in quarantined:
        if file.reason is not Reason.MISSING_MASK:
            continue
        image_id = os.path.splitext(os.path.basename(file.file))[0]
        car_and_pose = parse_image_id(image_id)
        assert car_and_pose is not None, f"{file.file}: listed without its name being in order"
        group_id, pose = car_and_pose
        make, model, year = metadata.get(group_id, ("", "", -1))
        yield Photograph(file.file, "", image_id, group_id, pose, make, model, year)


def _read_all(
    photographs: Iterable[Photograph], config: DataConfig, workers: int
) -> Iterator[tuple[Photograph, "Future[ReadPhotograph]"]]:
    """Yields photographs in order, each with its finished or failed reading."""
    with ThreadPoolExecutor(workers, thread_name_prefix="explore") as pool:
        waiting: deque[tuple[Photograph, Future[ReadPhotograph]]] = deque()
        try:
            for photograph in photographs:
                waiting.append((photograph, pool.submit(read_photograph, photograph, config)))
                if len(waiting) >= _AHEAD * workers:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            pool.shutdown(cancel_futures=True)
