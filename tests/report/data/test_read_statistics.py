import numpy as np
import pytest

from components.photograph_folder import UnusableFolder
from components.quarantine import Reason
from components.split import split_of
from pipeline.config import DataConfig, PhotographLimits
from report.data.read_statistics import read_statistics

_CONFIG = DataConfig()


@pytest.fixture
def gray_with_a_box(file_of):
    """Makes a photograph of one colour, and its mask: the left so many of 40 columns."""

    def make(colour, columns, kind="PNG"):
        mask = np.zeros((20, 40), np.uint8)
        mask[:, :columns] = 255
        image = np.full((20, 40, 3), colour, np.uint8)
        return file_of(image, kind), file_of(mask, "PNG")

    return make


def test_one_photograph_in_numbers(folder_of, gray_with_a_box):
    image, mask = gray_with_a_box((200, 100, 50), 10)
    folder = folder_of(
        {"car_03.png": image},
        {"car_03_mask.png": mask},
        [{"id": "car", "make": "Acme", "model": "Rocket", "year": "2012"}],
    )
    found = read_statistics(str(folder), _CONFIG, 1)
    [each] = found.photographs
    assert (each.photograph.make, each.photograph.year, each.photograph.pose) == ("Acme", 2012, 3)
    assert each.split == split_of("car", _CONFIG)
    assert (each.height, each.width) == (20, 40)
    assert each.colour == (200, 100, 50)
    # BT.601: 0.299 R + 0.587 G + 0.114 B, rounded; saturation (max - min) / max.
    assert each.brightness == 124
    assert each.saturation == pytest.approx(0.75, abs=1 / 255)
    assert each.mask_area == 0.25
    assert found.metadata
    assert found.quarantined == ()
    assert [picture.caption[:2] for picture in found.samples] == [("car_03", "Acme Rocket 2012")]


def test_masks_are_averaged_by_pose(folder_of, gray_with_a_box):
    poses = {"a_01": 40, "b_01": 20, "a_02": 10}
    files = {
        name: gray_with_a_box(90, columns - (columns == 40)) for name, columns in poses.items()
    }
    folder = folder_of(
        {f"{name}.png": image for name, (image, _) in files.items()},
        {f"{name}_mask.png": mask for name, (_, mask) in files.items()},
    )
    means = read_statistics(str(folder), _CONFIG, 2).average_masks
    assert list(means) == [None, 1, 2]
    assert means[None].dtype == np.float32
    assert means[None].shape == (128, 192)
    assert means[1][64, [5, 130, 191]] == pytest.approx([1, 0.5, 0])
    assert means[2][64, [5, 130]] == pytest.approx([1, 0])
    assert means[None][64, [5, 80, 130]] == pytest.approx([1, 2 / 3, 1 / 3])


def test_large_photographs_are_measured_from_a_fraction(folder_of, gray_with_a_box, file_of):
    left_dark = np.full((640, 960, 3), 200, np.uint8)
    left_dark[:, :480] = 40
    mask = np.zeros((640, 960), np.uint8)
    mask[100, 100:103] = 255
    folder = folder_of(
        {"car_01.jpg": file_of(left_dark, "JPEG", quality=95)},
        {"car_01_mask.png": file_of(mask, "PNG")},
    )
    [each] = read_statistics(str(folder), _CONFIG, 1).photographs
    assert (each.height, each.width) == (640, 960)
    assert each.brightness == pytest.approx(120, abs=1)
    # The mask is counted at full size: three pixels stay three.
    assert each.mask_area == 3 / (640 * 960)


def test_a_photograph_of_one_pixel(folder_of, file_of):
    image = file_of(np.full((1, 1, 3), 77, np.uint8), "PNG")
    folder = folder_of(
        {"tiny_01.png": image, "tiny_02.jpg": file_of(np.full((1, 1, 3), 77, np.uint8), "JPEG")},
        {},
    )
    found = read_statistics(str(folder), _CONFIG, 1)
    assert [(each.height, each.width, each.brightness) for each in found.photographs] == [
        (1, 1, 77),
        (1, 1, 77),
    ]
    assert [(picture.width, picture.height) for picture in found.samples] == [(1, 1), (1, 1)]


def test_without_masks_and_metadata_the_photographs_are_looked_at_all_the_same(
    folder_of, image_file
):
    folder = folder_of({"a_01.jpg": image_file(), "b_02.jpg": image_file(seed=1)}, {})
    found = read_statistics(str(folder), _CONFIG, 2)
    assert [each.photograph.image_id for each in found.photographs] == ["a_01", "b_02"]
    assert [each.mask_area for each in found.photographs] == [None, None]
    assert found.average_masks == {}
    assert not found.metadata
    assert {file.reason for file in found.quarantined} == {Reason.MISSING_MASK}
    assert len(found.samples) == 2


def test_what_a_run_sets_aside_is_set_aside_for_the_same_reason(
    folder_of, image_file, mask_file, file_of
):
    empty = file_of(np.zeros((32, 32), np.uint8), "PNG")
    folder = folder_of(
        {f"{name}_01.jpg": image_file() for name in ("good", "size", "empty", "grey", "large")}
        | {"text_01.jpg": b"text", "large_01.jpg": image_file(80, 80)},
        {
            "good_01_mask.gif": mask_file(),
            "text_01_mask.gif": mask_file(),
            "size_01_mask.gif": mask_file(20, 32),
            "empty_01_mask.png": empty,
            "grey_01_mask.png": image_file(kind="PNG"),
            "large_01_mask.gif": mask_file(80, 80),
        },
    )
    config = DataConfig(limits=PhotographLimits(max_pixels=6_000))
    found = read_statistics(str(folder), config, 2)
    assert [each.photograph.image_id for each in found.photographs] == ["good_01"]
    reasons = {file.file.rpartition("/")[2]: file.reason for file in found.quarantined}
    assert reasons == {
        "text_01.jpg": Reason.UNDECODABLE_IMAGE,
        "size_01.jpg": Reason.MASK_SIZE,
        "empty_01.jpg": Reason.EMPTY_MASK,
        "grey_01.jpg": Reason.MASK_VALUES,
        "large_01.jpg": Reason.TOO_LARGE,
    }


def test_the_order_is_that_of_the_ids_whatever_the_workers(folder_of, image_file, mask_file):
    ids = [f"{car}_{pose:02}" for car in "cab" for pose in range(1, 17)]
    folder = folder_of(
        {f"{each}.jpg": image_file(seed=seed) for seed, each in enumerate(ids)},
        {f"{each}_mask.gif": mask_file(seed=seed) for seed, each in enumerate(ids)},
    )
    one, many = (read_statistics(str(folder), _CONFIG, workers) for workers in (1, 7))
    assert [each.photograph.image_id for each in many.photographs] == sorted(ids)
    assert one.photographs == many.photographs
    assert one.samples == many.samples


def test_a_folder_without_photographs(tmp_path):
    with pytest.raises(UnusableFolder, match="no photographs"):
        read_statistics(str(tmp_path), _CONFIG, 1)
