"""Draws what an augmentation makes of some photographs, to look at before hours are spent on it.

python -m pipeline.augmentation_sheet --preset carvana-128 --data DIR --output sheet.jpg \
    --set unet_fit.augmentation.rotate=10
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.config import AugmentationConfig, PipelineConfig
from pipeline.overrides import InvalidOverride, apply_overrides
from pipeline.presets import PRESETS
from serving.atomic_file import write_atomically
from serving.quiet import import_tensorflow, silence_libraries
from studio.config import StudioConfig
from studio.dataset import render_dataset

_OUTLINE = (64, 255, 64)  # BGR; the photographs are seldom that green, often red.
_GAP = 4
# Photographs are enlarged by whole factors up to about this, so that single pixels can be seen.
_TILE_WIDTH = 192
# Of each rendered car, so that the rows can show different ones.
_POSES = 3


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--preset", default="sample", show_default=True, help="Named configuration.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of photographs, laid out as Kaggle's Carvana download. Without it a few are "
    "rendered.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="E.g. unet_fit.augmentation.rotate=10",
)
@click.option("--photographs", type=click.IntRange(1), default=4, show_default=True, help="Rows.")
@click.option(
    "--variants",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="Augmented ones per row, beside the photograph itself.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all draws.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), required=True, help="JPEG or PNG."
)
def main(
    preset: str,
    data: Path | None,
    overrides: tuple[str, ...],
    photographs: int,
    variants: int,
    seed: int,
    output: Path,
) -> None:
    """Draws photographs as the model sees them, and what the U-Net's augmentation makes of them."""
    if preset not in PRESETS:
        raise click.BadParameter(
            f"{preset!r} is none of: {', '.join(PRESETS)}", param_hint="--preset"
        )
    if output.suffix.lower() not in (".jpg", ".jpeg", ".png"):
        raise click.BadParameter(
            f"{output.name} ends neither in .jpg nor .png", None, None, "--output"
        )
    try:
        config = apply_overrides(PRESETS[preset], overrides)
    except InvalidOverride as error:
        raise click.UsageError(str(error)) from error

    silence_libraries()
    import_tensorflow()
    if data is None:
        with tempfile.TemporaryDirectory() as folder:
            studio = StudioConfig(cars=photographs, test_cars=0, poses=_POSES)
            rendered = render_dataset(Path(folder, "studio"), studio)
            images, masks = _read(rendered, photographs, config)
    else:
        images, masks = _read(data, photographs, config)
    sheet = augmentation_sheet(images, masks, config.unet_fit.augmentation, variants, seed)
    _, file = cv2.imencode(output.suffix, sheet)
    write_atomically(output, file.tobytes())
    click.echo(f"wrote {output} ({sheet.shape[1]}x{sheet.shape[0]})")


def augmentation_sheet(
    images: NDArray[np.uint8],
    masks: NDArray[np.uint8],
    config: AugmentationConfig,
    variants: int,
    seed: int,
) -> NDArray[np.uint8]:
    """Draws one row per photograph: itself, then augmented; the mask as an outline at one half.

    Args:
        images: uint8 [N, H, W, 3], RGB, at the model's size.
        masks: uint8 [N, H, W, 1], soft.
        config: The augmentation.
        variants: Augmented ones per row.
        seed: From 0 up; the same one draws the same sheet.

    Returns:
        uint8 [h, w, 3], BGR.
    """
    import tensorflow as tf

    from trainer.augmentation import augment

    before = tf.constant(images / 255.0, tf.float32), tf.constant(masks / 255.0, tf.float32)
    columns = [before] + [
        augment(*before, config, tf.constant([seed, variant], tf.int64))
        for variant in range(variants)
    ]
    tiles = [
        [_tile(image, mask) for image, mask in zip(*map(np.asarray, column), strict=True)]
        for column in columns
    ]
    return _grid([list(row) for row in zip(*tiles, strict=True)])


def _tile(image: NDArray[np.float32], mask: NDArray[np.float32]) -> NDArray[np.uint8]:
    factor = max(1, round(_TILE_WIDTH / image.shape[1]))
    pixels = np.ascontiguousarray(np.rint(image[..., ::-1] * 255.0).astype(np.uint8))
    size = (image.shape[1] * factor, image.shape[0] * factor)
    tile = cv2.resize(pixels, size, interpolation=cv2.INTER_NEAREST)
    inside = cv2.resize(mask[..., 0], size, interpolation=cv2.INTER_LINEAR) >= 0.5
    outlines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(tile, outlines, -1, _OUTLINE, 1)
    return tile


def _grid(rows: Sequence[Sequence[NDArray[np.uint8]]]) -> NDArray[np.uint8]:
    bordered = [
        [
            cv2.copyMakeBorder(tile, 0, _GAP, 0, _GAP, cv2.BORDER_CONSTANT, value=(255,) * 3)
            for tile in row
        ]
        for row in rows
    ]
    return np.vstack([np.hstack(row) for row in bordered])[:-_GAP, :-_GAP]


def _read(
    folder: Path, count: int, config: PipelineConfig
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Reads photographs and masks from all over a folder and shrinks them as Transform does."""
    from components.photograph_example import check_image, read_mask
    from components.photograph_folder import UnusableFolder, list_folder
    from components.quarantine import UnusablePhotograph
    from trainer.preprocessing import small_image
    from trainer.resize import shrink

    try:
        found = list_folder(str(folder)).photographs
    except UnusableFolder as error:
        raise click.UsageError(str(error)) from error
    if not found:
        raise click.UsageError(f"{folder}: no photographs with masks in train/ and train_masks/")
    size = config.input
    images, masks = [], []
    for place in np.linspace(0, len(found) - 1, min(count, len(found))).round().astype(int):
        image = Path(found[place].image_path).read_bytes()
        try:
            check_image(image, config.data.limits)
            mask = read_mask(Path(found[place].mask_path).read_bytes())
        except UnusablePhotograph as error:
            raise click.UsageError(f"{found[place].image_id}: {error}") from error
        images.append(small_image(image, size.height, size.width).numpy())
        masks.append(shrink(mask[..., np.newaxis], size.height, size.width).numpy())
    return np.stack(images), np.stack(masks)


if __name__ == "__main__":
    main()
