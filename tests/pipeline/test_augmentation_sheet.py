import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from pipeline.augmentation_sheet import augmentation_sheet, main
from pipeline.config import AugmentationConfig

NOTHING = AugmentationConfig(horizontal_flip=0.0, warp=0.0, hsv=0.0)
MIRROR = AugmentationConfig(horizontal_flip=1.0, warp=0.0, hsv=0.0)
SMALL = ("--set", "input.height=64", "--set", "input.width=64")
OFF = tuple(
    part
    for name in ("horizontal_flip", "warp", "hsv", "brightness", "contrast", "colour", "jpeg")
    for part in ("--set", f"unet_fit.augmentation.{name}=0")
)


@pytest.fixture
def pair(pixels_of_image, pixels_of_mask):
    """Two photographs of 64x48 and their masks: tiles are 3 times as wide, so gaps lie apart."""
    images = np.stack([pixels_of_image(64, 48, seed) for seed in (1, 2)])
    masks = np.stack([pixels_of_mask(64, 48, seed) for seed in (1, 2)])[..., None]
    return images, masks


def tiles(sheet, rows, columns):
    """The tiles of a sheet, [rows, columns, h, w, 3], and whatever lies between them."""
    gap = 4
    height = (sheet.shape[0] - (rows - 1) * gap) // rows
    width = (sheet.shape[1] - (columns - 1) * gap) // columns
    assert sheet.shape == (rows * (height + gap) - gap, columns * (width + gap) - gap, 3)
    return np.array(
        [
            [
                sheet[
                    row * (height + gap) : row * (height + gap) + height,
                    column * (width + gap) : column * (width + gap) + width,
                ]
                for column in range(columns)
            ]
            for row in range(rows)
        ]
    )


def test_a_row_begins_with_the_photograph_itself_enlarged(pair):
    images, masks = pair
    found = tiles(augmentation_sheet(images, masks, NOTHING, variants=2, seed=0), 2, 3)
    assert found.shape == (2, 3, 144, 192, 3)
    expected = images[..., ::-1].repeat(3, axis=1).repeat(3, axis=2)
    outline = (found[:, 0] != expected).any(axis=-1)
    # Of the pixels it covers, all are of the one colour, and lie on the rectangle's edge.
    assert len(np.unique(found[:, 0][outline], axis=0)) == 1
    inside = (masks[..., 0] > 0).astype(np.uint8).repeat(3, axis=1).repeat(3, axis=2)
    for drawn, car in zip(outline, inside, strict=True):
        edge = cv2.morphologyEx(car, cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
        assert not (drawn & ~edge).any()
        assert drawn.sum() > 100
    # Nothing was augmented.
    np.testing.assert_array_equal(found[:, 1], found[:, 0])
    np.testing.assert_array_equal(found[:, 2], found[:, 0])


def test_outlines_move_with_the_photographs(pair):
    found = tiles(augmentation_sheet(*pair, MIRROR, variants=1, seed=0), 2, 2)
    np.testing.assert_array_equal(found[:, 1], found[:, 0, :, ::-1])


def test_variants_differ_and_the_seed_decides(pair):
    config = AugmentationConfig(warp=1.0, hsv=1.0)
    sheet = augmentation_sheet(*pair, config, variants=3, seed=5)
    np.testing.assert_array_equal(sheet, augmentation_sheet(*pair, config, variants=3, seed=5))
    other = augmentation_sheet(*pair, config, variants=3, seed=6)
    first, second = tiles(sheet, 2, 4), tiles(other, 2, 4)
    np.testing.assert_array_equal(first[:, 0], second[:, 0])
    for row in (0, 1):
        variants = [*first[row, 1:], *second[row, 1:]]
        assert len({variant.tobytes() for variant in variants}) == 6


@pytest.fixture
def folder(folder_of, image_file, mask_file):
    names = [f"car{car}_{pose:02}" for car in range(3) for pose in (1, 2)]
    return folder_of(
        {f"{name}.jpg": image_file(80, 60, seed) for seed, name in enumerate(names)},
        {f"{name}_mask.gif": mask_file(80, 60, seed) for seed, name in enumerate(names)},
    )


def run(*arguments):
    result = CliRunner().invoke(main, list(map(str, arguments)))
    return result.exit_code, " ".join(result.output.split())


def test_the_command_draws_a_folder_at_the_models_size(folder, tmp_path):
    output = tmp_path / "new" / "sheet.png"
    flags = ("--data", folder, "--photographs", 2, "--variants", 1, "--output", output)
    code, text = run(*flags, *SMALL, *OFF)
    assert (code, text) == (0, f"wrote {output} (388x388)")
    found = tiles(cv2.imread(str(output)), 2, 2)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    # The first and the last photograph of the folder, shrunk by area.
    for tile, name in zip(found[:, 0], ("car0_01", "car2_02"), strict=True):
        whole = cv2.imread(str(folder / "train" / f"{name}.jpg"))
        small = cv2.resize(whole, (64, 64), interpolation=cv2.INTER_AREA)
        assert np.median(abs(tile[::3, ::3].astype(int) - small)) <= 2

    code, _ = run(*flags, *SMALL, *OFF, "--set", "unet_fit.augmentation.horizontal_flip=1")
    mirrored = tiles(cv2.imread(str(output)), 2, 2)
    assert code == 0
    np.testing.assert_array_equal(mirrored[:, 1], found[:, 0, :, ::-1])


def test_a_folder_of_fewer_photographs_gives_fewer_rows(folder, tmp_path):
    output = tmp_path / "sheet.jpg"
    code, text = run(
        "--data", folder, "--photographs", 9, "--variants", 1, "--output", output, *SMALL
    )
    assert (code, text) == (0, f"wrote {output} (388x{6 * 196 - 4})")


def test_without_a_folder_some_photographs_are_rendered(tmp_path):
    output = tmp_path / "sheet.jpg"
    code, text = run("--photographs", 1, "--variants", 1, "--output", output, *SMALL)
    assert (code, text) == (0, f"wrote {output} (388x192)")
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--preset", "samples"), "Invalid value for --preset: 'samples' is none of: sample"),
        (("--output", "sheet.gif"), "Invalid value for --output: sheet.gif ends neither in .jpg"),
        (("--set", "unet_fit.augmentation.hue=200"), "unet_fit.augmentation.hue: Input should be"),
        (("--data", "nowhere"), "Directory 'nowhere' does not exist"),
        (("--photographs", 0), "Invalid value for '--photographs'"),
    ],
)
def test_flags_that_cannot_be_used(flags, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, text = run("--output", "sheet.jpg", *flags)
    assert code == 2
    assert message in text
    assert list(tmp_path.iterdir()) == []


def test_folders_that_cannot_be_used(folder_of, image_file, mask_file, tmp_path):
    no_masks = folder_of({"car_01.jpg": image_file()}, {})
    broken = folder_of({"car_01.jpg": image_file()[:-300]}, {"car_01_mask.gif": mask_file()})
    for folder, message in (
        (tmp_path, "no photographs in train/"),
        (no_masks, "no photographs with masks in train/ and train_masks/"),
        (broken, "car_01: truncated image"),
    ):
        code, text = run("--data", folder, "--output", tmp_path / "sheet.jpg", *SMALL)
        assert code == 2
        assert message in text
    assert list(tmp_path.iterdir()) == []
