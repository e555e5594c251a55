"""Finds the photographs of a folder that is laid out as Kaggle's Carvana download is.

    train/<car id>_<pose>.jpg               photographs, JPEG or PNG
    train_masks/<car id>_<pose>_mask.gif    their masks, GIF or PNG
    metadata.csv                            id, year, make, model; optional

Only names are read here, never a file's bytes.
"""

import csv
import hashlib
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.filesystems import FileSystems

from components.folder_files import UnusableFolder, files_in
from components.quarantine import QuarantinedFile, Reason

_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
_MASK_SUFFIXES = (".gif", ".png")
_MASK_ENDING = "_mask"
_IMAGE_ID = re.compile(r"(?P<group_id>.+)_(?P<pose>[0-9]{2})")
# x.tfrecord, x.tfrecord.gz, and the shards that Beam and TFX write: x_tfrecord-00000-of-00002.gz
_RECORD_FILE = re.compile(r".*[._]tfrecord(-\d+-of-\d+)?(\.gz)?", re.IGNORECASE)
_POSES = range(1, 17)
_YEAR_DIGITS = 4


@dataclass(frozen=True)
class Photograph:
    """A photograph to read, and all that is known of it before it is opened.

    Attributes:
        image_path: The JPEG or PNG file.
        mask_path: The GIF or PNG file.
        image_id: File name without extension.
        group_id: The car's id.
        pose: 1..16.
        make: Empty where metadata.csv does not know the car.
        model: The same.
        year: -1 where unknown.
    """

    image_path: str
    mask_path: str
    image_id: str
    group_id: str
    pose: int
    make: str = ""
    model: str = ""
    year: int = -1


@dataclass(frozen=True)
class Listing:
    """What a folder holds.

    Attributes:
        photographs: Those whose names are in order, sorted by id.
        records: TFRecord files that already follow the data contract.
        quarantined: Files that cannot be used.
        groups_without_metadata: Cars that metadata.csv does not know, sorted.
    """

    photographs: tuple[Photograph, ...]
    records: tuple[str, ...]
    quarantined: tuple[QuarantinedFile, ...]
    groups_without_metadata: tuple[str, ...]


def list_folder(folder: str, metadata: Mapping[str, tuple[str, str, int]] | None = None) -> Listing:
    """Lists a folder, on any file system that Beam reads.

    Args:
        folder: Kaggle's layout, or a folder with TFRecord files (``x.tfrecord``,
            ``x_tfrecord-00000-of-00002.gz``).
        metadata: Make, model and year by car id; None takes the folder's own metadata.csv.

    Returns:
        What was found. ``test/`` is not looked into.

    Raises:
        UnusableFolder: If there is neither a photograph nor a record file, or both, or something
            cannot be read.
    """
    records = sorted(
        file.path
        for file in files_in(folder)
        if _RECORD_FILE.fullmatch(os.path.basename(file.path))
    )
    if records and any(files_in(folder, "train")):
        raise UnusableFolder(
            f"{folder}: holds both photographs in train/ and TFRecord files such as "
            f"{os.path.basename(records[0])}; which are meant? Move the others away"
        )
    if records:
        return Listing((), tuple(records), (), ())

    quarantined: list[QuarantinedFile] = []
    images = _by_id(files_in(folder, "train"), _IMAGE_SUFFIXES, "", quarantined)
    masks = _by_id(files_in(folder, "train_masks"), _MASK_SUFFIXES, _MASK_ENDING, quarantined)
    if not images and not quarantined:
        raise UnusableFolder(
            f"{folder}: no photographs in train/ (JPEG or PNG) and no *.tfrecord files; the folder "
            "must be laid out as Kaggle's download: train/, train_masks/, metadata.csv"
        )
    if metadata is None:
        metadata = read_metadata(folder)

    photographs = []
    for image_id, path in sorted(images.items()):
        car_and_pose = parse_image_id(image_id)
        if car_and_pose is None:
            quarantined.append(
                QuarantinedFile(_shown(path), Reason.NAME, "expected <car id>_<pose 01..16>")
            )
        elif image_id not in masks:
            quarantined.append(
                QuarantinedFile(
                    path, Reason.MISSING_MASK, f"no train_masks/{image_id}_mask.gif or .png"
                )
            )
        else:
            group_id, pose = car_and_pose
            make, model, year = metadata.get(group_id, ("", "", -1))
            photographs.append(
                Photograph(path, masks[image_id], image_id, group_id, pose, make, model, year)
            )
    quarantined += [
        QuarantinedFile(
            _shown(path), Reason.ORPHAN_MASK, f"no photograph train/{image_id}.jpg or .png"
        )
        for image_id, path in sorted(masks.items())
        if image_id not in images
    ]
    unknown = {photograph.group_id for photograph in photographs} - metadata.keys()
    return Listing(tuple(photographs), (), tuple(quarantined), tuple(sorted(unknown)))


def parse_image_id(image_id: str) -> tuple[str, int] | None:
    """Takes a photograph's name apart.

    Args:
        image_id: File name without extension.

    Returns:
        The car's id and the pose, 1..16; None if it is no ``<car id>_<pose>``, or not Unicode.
    """
    match = _IMAGE_ID.fullmatch(image_id)
    if match is None or int(match["pose"]) not in _POSES or not _is_unicode(image_id):
        return None
    return match["group_id"], int(match["pose"])


def read_metadata(folder: str) -> dict[str, tuple[str, str, int]]:
    """Reads metadata.csv.

    Args:
        folder: Kaggle's layout, on any file system that Beam reads.

    Returns:
        Make, model and year by car id, empty and -1 where a field is; nothing without the file.

    Raises:
        UnusableFolder: If it cannot be read, or is no text.
    """
    path = FileSystems.join(folder, "metadata.csv")
    try:
        if not FileSystems.exists(path) and not os.path.islink(path):
            return {}
        with FileSystems.open(path) as file:
            text = bytes(file.read()).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise UnusableFolder(f"{path}: cannot be read: {error}") from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise UnusableFolder(f"{path}, line {line}: holds a NUL byte; save it as UTF-8 text")
    rows = csv.DictReader(io.StringIO(text, newline=""))
    try:
        return {
            row["id"]: (row.get("make") or "", row.get("model") or "", _year(row.get("year")))
            for row in rows
            if row.get("id")
        }
    except csv.Error as error:
        raise UnusableFolder(f"{path}, line {rows.line_num + 1}: {error}; mend it") from error


def fingerprint(folder: str) -> str:
    """Returns a digest of all names, sizes and times of change, to notice changed data.

    Args:
        folder: As for ``list_folder``.

    Returns:
        64 hex digits; the same as long as nothing was added, removed or rewritten.
    """
    digest = hashlib.sha256()
    for place in ("", "train", "train_masks"):
        for file in sorted(files_in(folder, place), key=_path):
            stamp = f"\0{file.size_in_bytes}\0{file.last_updated_in_seconds}\n"
            digest.update(os.fsencode(file.path) + stamp.encode())
    return digest.hexdigest()


def _path(file: FileMetadata) -> str:
    return str(file.path)


def _year(field: str | None) -> int:
    digits = (field or "").strip()
    return int(digits) if digits.isdecimal() and len(digits) <= _YEAR_DIGITS else -1


def _is_unicode(name: str) -> bool:
    return _shown(name) == name


def _shown(path: str) -> str:
    """Returns a path that can be printed: Python keeps bytes that are no UTF-8 as surrogates."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _by_id(
    files: Iterable[FileMetadata],
    suffixes: tuple[str, ...],
    ending: str,
    quarantined: list[QuarantinedFile],
) -> dict[str, str]:
    paths: dict[str, str] = {}
    for file in sorted(files, key=_path):
        stem, suffix = os.path.splitext(os.path.basename(file.path))
        if suffix.lower() not in suffixes or not stem.endswith(ending):
            expected = " or ".join(f"*{ending}{suffix}" for suffix in suffixes)
            quarantined.append(
                QuarantinedFile(_shown(file.path), Reason.STRAY_FILE, f"expected {expected}")
            )
            continue
        image_id = stem.removesuffix(ending)
        if image_id in paths:
            kept = os.path.basename(paths[image_id])
            quarantined.append(
                QuarantinedFile(_shown(file.path), Reason.DUPLICATE_ID, f"{kept} has the same id")
            )
            continue
        paths[image_id] = file.path
    return paths
