"""Finds photographs of different splits that look the same, though their files differ.

A photograph that was saved again, made smaller or brighter, or that lies there under a second car's
id, is in training and test at once, and no digest of bytes notices.

A fingerprint is the photograph at 32x32 without its coarse brightness, with mean 0 and norm 1; two
are compared by their product, a correlation. Turntable photographs are much alike: same backdrop,
same place, and only what differs on a small scale tells two cars apart. On 1,024 photographs of 64
cars of the Carvana challenge no two of different cars came above 0.891, and no two poses of the
same car above 0.916. A photograph of JPEG quality 40, at half its size, 15% brighter, 20% darker or
moved by two pixels stayed above 0.983 of itself. With 1% cut off at each side it had 0.930 to 0.99,
so that some are missed. (64-bit difference hashes, the usual choice, are equal for some cars.)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 32
_COARSE = 2.0  # Standard deviation of the blur, in fingerprint pixels.
# Gray levels; below it the photograph is one surface, and what is left of it is noise.
_FLAT = 0.5
_ALIKE = 0.95
# Above every correlation, so that a copy is found before whatever looks the same.
_SAME_BYTES = 2.0
# Rows compared at once: 512 times 5,088 products take 10 MB.
_ROWS = 512


@dataclass(frozen=True)
class NearDuplicate:
    """Two photographs of different splits.

    Attributes:
        image_ids: Their ids, sorted.
        splits: Their splits, in the same order.
        likeness: 1.0 for the same picture.
        same_bytes: Whether the files are equal.
    """

    image_ids: tuple[str, str]
    splits: tuple[str, str]
    likeness: float
    same_bytes: bool


@dataclass(frozen=True)
class Fingerprint:
    """What a photograph looks like.

    Attributes:
        image_id: Its id.
        split: Its split.
        digest: SHA-256 of the file.
        look: float16 [1024], norm 1; all 0 for a picture of one surface, which is like no other.
    """

    image_id: str
    split: str
    digest: bytes
    look: NDArray[np.float16]


def look_of(gray: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Returns what ``Fingerprint.look`` describes.

    Args:
        gray: uint8 [H, W], any size.
    """
    small = cv2.resize(gray, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    fine = small - cv2.GaussianBlur(small, (0, 0), _COARSE)
    fine -= fine.mean()
    if fine.std() < _FLAT:
        return np.zeros(_SIDE * _SIDE, np.float16)
    return (fine / np.linalg.norm(fine)).ravel().astype(np.float16)


def near_duplicates(fingerprints: Sequence[Fingerprint]) -> tuple[NearDuplicate, ...]:
    """Finds for every photograph the one in another split that it is most like.

    Args:
        fingerprints: One per photograph.

    Returns:
        Pairs with the same bytes or a likeness of 0.95 and more, those most alike first; never more
        than there are photographs, even where all are the same.
    """
    if not fingerprints:
        return ()
    looks = np.stack([each.look for each in fingerprints]).astype(np.float32)
    _, splits = np.unique([each.split for each in fingerprints], return_inverse=True)
    _, digests = np.unique([each.digest.hex() for each in fingerprints], return_inverse=True)
    found: dict[tuple[int, int], NearDuplicate] = {}
    for start in range(0, len(looks), _ROWS):
        rows = slice(start, start + _ROWS)
        likeness = np.minimum(looks[rows] @ looks.T, 1.0)
        likeness[digests[rows, None] == digests[None]] = _SAME_BYTES
        likeness[splits[rows, None] == splits[None]] = -1.0
        nearest = likeness.argmax(axis=1)
        for row, column in enumerate(nearest.tolist()):
            value = float(likeness[row, column])
            if value >= _ALIKE:
                pair = (min(start + row, column), max(start + row, column))
                found[pair] = _pair(fingerprints[pair[0]], fingerprints[pair[1]], value)
    return tuple(sorted(found.values(), key=lambda each: (-each.likeness, each.image_ids)))


def _pair(one: Fingerprint, other: Fingerprint, likeness: float) -> NearDuplicate:
    first, second = sorted((one, other), key=lambda each: each.image_id)
    return NearDuplicate(
        (first.image_id, second.image_id),
        (first.split, second.split),
        min(1.0, likeness),
        likeness == _SAME_BYTES,
    )
