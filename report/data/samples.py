"""Chooses photographs worth looking at, and draws each with its mask laid over it."""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.mask_panel import mask_overlay
from report.data.data_statistics import PhotographStatistics
from report.picture import Picture, picture_of

_SAMPLES = 12
_SIDE = 360  # pixels of the longer side
# Prime to 16, so that the samples go through all poses of a turntable.
_POSE_STEP = 5


def choose_samples(photographs: Sequence[PhotographStatistics]) -> list[PhotographStatistics]:
    """Chooses up to 12 photographs, spread over the cars and over the poses.

    Args:
        photographs: Sorted by id.

    Returns:
        Those chosen, sorted by id; always the same from the same data.
    """
    by_car: dict[str, list[PhotographStatistics]] = {}
    for each in photographs:
        by_car.setdefault(each.photograph.group_id, []).append(each)
    cars = list(by_car.values())
    chosen = {}
    for index in range(_SAMPLES if photographs else 0):
        car = cars[index * len(cars) // _SAMPLES]
        each = car[index * _POSE_STEP % len(car)]
        chosen[each.photograph.image_id] = each
    return [chosen[image_id] for image_id in sorted(chosen)]


def choose_extremes(
    photographs: Sequence[PhotographStatistics],
) -> list[tuple[str, PhotographStatistics]]:
    """Chooses the photographs at the ends of what was measured.

    Args:
        photographs: Sorted by id; of equals the first is taken.

    Returns:
        What each is, and the photograph; the ends of the mask area only where there are masks.
    """
    masked = [each for each in photographs if each.mask_area is not None]
    ends: list[tuple[str, Sequence[PhotographStatistics], Callable[..., float]]] = [
        ("smallest mask", masked, lambda each: each.mask_area),
        ("largest mask", masked, lambda each: -each.mask_area),
        ("darkest", photographs, lambda each: each.brightness),
        ("brightest", photographs, lambda each: -each.brightness),
        ("least colourful", photographs, lambda each: each.saturation),
        ("most colourful", photographs, lambda each: -each.saturation),
    ]
    return [(what, min(of, key=measure)) for what, of, measure in ends if of]


def draw_sample(
    each: PhotographStatistics, image: bytes, mask: NDArray[np.uint8] | None, *caption: str
) -> Picture:
    """Draws a photograph, with its mask laid over it where it has one.

    Args:
        each: A photograph that was read before.
        image: Its file.
        mask: uint8 [H, W], 0 or 255, of its size; None without a mask.
        *caption: Lines above its car's name.
    """
    photograph = each.photograph
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    if mask is not None:
        pixels = mask_overlay(pixels, mask)
    scale = min(1.0, _SIDE / max(pixels.shape[:2]))
    size = [max(1, round(side * scale)) for side in (pixels.shape[1], pixels.shape[0])]
    year = str(photograph.year) if photograph.year >= 0 else ""
    car = " ".join(filter(None, (photograph.make, photograph.model, year)))
    area = "no mask" if each.mask_area is None else f"car in {each.mask_area:.1%} of it"
    return picture_of(
        cv2.resize(pixels, size, interpolation=cv2.INTER_AREA),
        f"Photograph {photograph.image_id}, {area}",
        *caption,
        *filter(None, (photograph.image_id, car)),
        f"{each.split}, pose {photograph.pose}, {area}",
    )
