"""What the models saw while they were fitted: photographs at their size, changed at random."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from pipeline.augmentation_sheet import augmentation_sheet
from pipeline.config import AugmentationConfig, InputConfig
from report.picture import Picture, picture_of
from report.results.fit_record import FitRecord
from report.results.model_names import in_order, model_name
from report.section import Section
from report.template import render
from trainer import input_pipeline

_PHOTOGRAPHS = 3
_VARIANTS = 4
# Transform leaves a few poses of a car together; so far on there is another car.
_APART = 8
_WIDTH = 1000  # pixels of a sheet, at most


@dataclass(frozen=True)
class _Sheet:
    """What one model's augmentation made; no picture where there is no train example."""

    name: str
    changes: tuple[str, ...]
    picture: Picture | None


def augmentation(fits: Mapping[str, FitRecord | None], train_files: Sequence[str]) -> Section:
    """Builds the section.

    Args:
        fits: By model, None where its fit.json is missing.
        train_files: Transform's examples of the train split; a few of the first are read.

    Raises:
        ValueError: If the examples are not of the size that a fit was told.
    """
    named: dict[tuple[AugmentationConfig, InputConfig], list[str]] = {}
    seeds: dict[tuple[AugmentationConfig, InputConfig], int] = {}
    for name in in_order(fits):
        fit = fits[name]
        # The average mask has nothing to fit, and without an epoch nothing was changed.
        if not fit or not fit.epochs:
            continue
        same = fit.config.fit.augmentation, fit.config.input
        named.setdefault(same, []).append(model_name(name))
        seeds.setdefault(same, fit.config.fit.seed)
    sheets = [
        _Sheet(" and ".join(names), _changes(config), _picture(train_files, size, config, seed))
        for ((config, size), names), seed in zip(named.items(), seeds.values(), strict=True)
    ]
    html = render("augmentation.html", sheets=sheets, variants=_VARIANTS)
    return Section("augmentation", "Augmented samples", html)


def _picture(
    files: Sequence[str], size: InputConfig, config: AugmentationConfig, seed: int
) -> Picture | None:
    samples = _samples(files, size) if files else None
    if samples is None:
        return None
    images, masks = samples
    sheet = augmentation_sheet(images, masks, config, _VARIANTS, seed)
    height, width = sheet.shape[:2]
    if width > _WIDTH:
        smaller = (_WIDTH, max(1, round(height * _WIDTH / width)))
        sheet = cv2.resize(sheet, smaller, interpolation=cv2.INTER_AREA)
    alt = (
        f"{len(images)} photographs of train, each as the model sees it and, to the right, "
        f"{_VARIANTS} times augmented, the mask's outline in green"
    )
    return picture_of(sheet, alt)


def _samples(
    files: Sequence[str], size: InputConfig
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Reads a few examples: uint8 [N, H, W, 3] and [N, H, W, 1]; None where there is none."""
    chosen = input_pipeline.examples(files).shard(_APART, 0).take(_PHOTOGRAPHS)
    for images, masks in input_pipeline.scoring_batches(chosen, size, _PHOTOGRAPHS):
        return _levels(images), _levels(masks)
    return None


def _levels(pixels: tf.Tensor) -> NDArray[np.uint8]:
    return np.rint(pixels.numpy() * 255.0).astype(np.uint8)


def _changes(config: AugmentationConfig) -> tuple[str, ...]:
    """Says in words what is changed, by how much at most and how often."""
    # How often, then by how much what is changed.
    groups: tuple[tuple[float, tuple[tuple[float, str], ...]], ...] = (
        (config.horizontal_flip, ((1, "mirrored"),)),
        (
            config.warp,
            (
                (config.shift, f"shifted by up to {config.shift:.1%}"),
                (config.scale, f"scaled by up to {config.scale:.0%}"),
                (config.rotate, f"turned by up to {config.rotate:g} degrees"),
            ),
        ),
        (
            config.hsv,
            (
                (config.hue, f"hue moved by up to {config.hue:g} degrees"),
                (config.saturation, f"saturation by up to {config.saturation:.0%}"),
                (config.value, f"value by up to {config.value:.0%}"),
            ),
        ),
        (
            1,
            (
                (config.brightness, f"brightness moved by up to {config.brightness:.0%}"),
                (config.contrast, f"contrast by up to {config.contrast:.0%}"),
                (config.colour, f"each colour by up to {config.colour:.0%}"),
            ),
        ),
        (config.blur, ((1, f"blurred by up to {config.blur_sigma:g} px"),)),
        (config.noise, ((1, f"noise of up to {config.noise_deviation:.1%}"),)),
        (config.jpeg, ((1, f"JPEG quality down to {config.jpeg_quality}"),)),
    )
    named = (
        (often, ", ".join(text for amount, text in changes if amount)) for often, changes in groups
    )
    return tuple(f"{changes} ({often:.0%})" for often, changes in named if often and changes)
