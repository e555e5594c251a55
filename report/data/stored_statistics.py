"""Writes ``DataStatistics`` to a folder and reads them back, so that a page needs no photograph.

    photographs.jsonl       a row per photograph, sorted by id: image_id, group_id, pose, make,
                            model, year, split, height, width, brightness, colour, saturation,
                            mask_area
    average_masks.npz       float32 [128, 192], 0..1: ``all`` and ``pose_<n>``
    quarantine.jsonl        a row per file that was set aside: file, reason, detail
    near_duplicates.jsonl   a row per pair: image_ids, splits, likeness, same_bytes
    unlabelled.json         counts of the names in test/; absent where there is no test/
    pictures.json           samples and extremes, as small JPEGs
    statistics.json         whether there is metadata, and how many photographs and cars

The folder may lie on any file system that TFX reads.
"""

import dataclasses
import io
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tfx import v1 as tfx

from components.photograph_folder import Photograph
from components.quarantine import QuarantinedFile, Reason
from report.data.data_statistics import DataStatistics, PhotographStatistics, UnlabelledStatistics
from report.data.near_duplicates import NearDuplicate
from report.picture import Picture

PHOTOGRAPHS_FILE = "photographs.jsonl"
_AVERAGE_MASKS = "average_masks.npz"
_QUARANTINE = "quarantine.jsonl"
_NEAR_DUPLICATES = "near_duplicates.jsonl"
_UNLABELLED = "unlabelled.json"
_PICTURES = "pictures.json"
_STATISTICS = "statistics.json"
# What a row has of the photograph itself. Paths are left out: the files may be gone by then.
_ABOUT = ("image_id", "group_id", "pose", "make", "model", "year")


def write_statistics(folder: str, statistics: DataStatistics) -> None:
    """Writes everything that sections are built from.

    Args:
        folder: Exists; see the module for the files.
        statistics: All but the paths of the photographs and masks is kept.
    """
    _write_lines(folder, PHOTOGRAPHS_FILE, map(row_of, statistics.photographs))
    _write_lines(folder, _QUARANTINE, map(_quarantine_row, statistics.quarantined))
    _write_lines(folder, _NEAR_DUPLICATES, map(dataclasses.asdict, statistics.near_duplicates))
    masks = io.BytesIO()
    np.savez_compressed(masks, **{_key(p): mask for p, mask in statistics.average_masks.items()})
    with tfx.dsl.io.fileio.open(os.path.join(folder, _AVERAGE_MASKS), "wb") as file:
        file.write(masks.getvalue())
    if statistics.unlabelled is not None:
        _write_json(folder, _UNLABELLED, _unlabelled_record(statistics.unlabelled))
    pictures = {"samples": statistics.samples, "extremes": statistics.extremes}
    _write_json(
        folder,
        _PICTURES,
        {name: [dataclasses.asdict(each) for each in of] for name, of in pictures.items()},
    )
    known = {
        "metadata": statistics.metadata,
        "photographs": len(statistics.photographs),
        "cars": len(statistics.cars),
    }
    _write_json(folder, _STATISTICS, known)


def stored_statistics(folder: str) -> DataStatistics:
    """Reads what ``write_statistics`` wrote.

    Args:
        folder: Of a PhotographStatistics artifact.

    Returns:
        The same statistics, but that the photographs' paths are empty.
    """
    pictures = _read_json(folder, _PICTURES)
    has_unlabelled = tfx.dsl.io.fileio.exists(os.path.join(folder, _UNLABELLED))
    return DataStatistics(
        photographs=stored_photographs(folder),
        quarantined=tuple(
            QuarantinedFile(row["file"], Reason(row["reason"]), row["detail"])
            for row in _lines(folder, _QUARANTINE)
        ),
        metadata=_read_json(folder, _STATISTICS)["metadata"],
        average_masks=_average_masks(folder),
        unlabelled=_unlabelled_of(_read_json(folder, _UNLABELLED)) if has_unlabelled else None,
        near_duplicates=tuple(
            NearDuplicate(
                tuple(row["image_ids"]), tuple(row["splits"]), row["likeness"], row["same_bytes"]
            )
            for row in _lines(folder, _NEAR_DUPLICATES)
        ),
        samples=tuple(map(_picture, pictures["samples"])),
        extremes=tuple(map(_picture, pictures["extremes"])),
    )


def stored_photographs(folder: str) -> tuple[PhotographStatistics, ...]:
    """Reads the photographs' numbers alone; see ``stored_statistics``."""
    return tuple(map(photograph_of_row, _lines(folder, PHOTOGRAPHS_FILE)))


def row_of(each: PhotographStatistics) -> dict[str, Any]:
    """Returns a photograph's row, ready for JSON."""
    about = {name: getattr(each.photograph, name) for name in _ABOUT}
    numbers = {
        field.name: getattr(each, field.name)
        for field in dataclasses.fields(each)
        if field.name != "photograph"
    }
    return about | numbers


def photograph_of_row(row: Mapping[str, Any]) -> PhotographStatistics:
    """Returns the photograph of a row of ``row_of``; its paths are empty."""
    about = {name: row[name] for name in _ABOUT}
    numbers = {name: value for name, value in row.items() if name not in about}
    return PhotographStatistics(
        photograph=Photograph(image_path="", mask_path="", **about),
        **numbers | {"colour": tuple(row["colour"])},
    )


def _quarantine_row(file: QuarantinedFile) -> dict[str, Any]:
    return dataclasses.asdict(file) | {"reason": file.reason.value}


def _key(pose: int | None) -> str:
    return "all" if pose is None else f"pose_{pose}"


def _average_masks(folder: str) -> dict[int | None, NDArray[np.float32]]:
    with tfx.dsl.io.fileio.open(os.path.join(folder, _AVERAGE_MASKS), "rb") as file:
        stored = np.load(io.BytesIO(file.read()), allow_pickle=False)
    return {
        None if name == "all" else int(name.removeprefix("pose_")): stored[name] for name in stored
    }


def _unlabelled_record(unlabelled: UnlabelledStatistics) -> dict[str, Any]:
    """Returns it ready for JSON, whose keys are text only: counts by key become pairs."""
    return {
        name: list(value.items()) if isinstance(value, Mapping) else value
        for name, value in (
            (field.name, getattr(unlabelled, field.name))
            for field in dataclasses.fields(unlabelled)
        )
    }


def _unlabelled_of(record: dict[str, Any]) -> UnlabelledStatistics:
    for name, value in record.items():
        if isinstance(value, list):
            pairs = ((tuple(key) if isinstance(key, list) else key, count) for key, count in value)
            record[name] = Counter(dict(pairs))
    return UnlabelledStatistics(**record)


def _picture(record: dict[str, Any]) -> Picture:
    return Picture(**record | {"caption": tuple(record["caption"])})


def _write_lines(folder: str, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
    with tfx.dsl.io.fileio.open(os.path.join(folder, name), "w") as file:
        file.write("")  # Else no rows would leave no file on some file systems.
        for row in rows:
            file.write(json.dumps(row) + "\n")


def _lines(folder: str, name: str) -> Iterator[dict[str, Any]]:
    with tfx.dsl.io.fileio.open(os.path.join(folder, name)) as file:
        for line in file:
            yield json.loads(line)


def _write_json(folder: str, name: str, value: Mapping[str, Any]) -> None:
    with tfx.dsl.io.fileio.open(os.path.join(folder, name), "w") as file:
        file.write(json.dumps(value, indent=1))


def _read_json(folder: str, name: str) -> dict[str, Any]:
    with tfx.dsl.io.fileio.open(os.path.join(folder, name)) as file:
        return json.loads(file.read())
