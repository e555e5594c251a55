import numpy as np
import pytest

from components.quarantine import UnusablePhotograph
from report.data.read_example import read_example


def test_an_example_in_numbers(raw_example, file_of):
    mask = np.zeros((20, 40), np.uint8)
    mask[:, :10] = 255
    image = np.full((20, 40, 3), (200, 100, 50), np.uint8)
    example = raw_example(
        "Café <7>_16",
        40,
        20,
        image=file_of(image, "PNG"),
        mask=file_of(mask, "PNG"),
        make="Škoda".encode(),
    )
    read = read_example(example, "val")
    photograph = read.statistics.photograph
    assert (photograph.image_id, photograph.group_id) == ("Café <7>_16", "Café <7>")
    assert (photograph.pose, photograph.make, photograph.model) == (16, "Škoda", "Roadster")
    assert (photograph.year, photograph.image_path, photograph.mask_path) == (2012, "", "")
    assert (read.statistics.split, read.statistics.height, read.statistics.width) == ("val", 20, 40)
    assert read.statistics.colour == (200, 100, 50)
    assert read.statistics.brightness == 124
    assert read.statistics.mask_area == 0.25
    assert read.small_mask is not None
    assert read.small_mask.shape == (128, 192)
    assert read.fingerprint.image_id == "Café <7>_16"


def test_without_a_mask(raw_example):
    read = read_example(raw_example(mask=None), "train")
    assert read.statistics.mask_area is None
    assert read.small_mask is None


def test_a_photograph_that_opencv_cannot_decode(raw_example):
    with pytest.raises(UnusablePhotograph, match="cannot decode"):
        read_example(raw_example(image=b"text"), "train")
