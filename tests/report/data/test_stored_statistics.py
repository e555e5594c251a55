from collections import Counter

import numpy as np
import pytest

from components.quarantine import QuarantinedFile, Reason
from report.data.data_statistics import UnlabelledStatistics
from report.data.near_duplicates import NearDuplicate
from report.data.stored_statistics import stored_photographs, stored_statistics, write_statistics
from report.picture import Picture


@pytest.fixture
def everything(data_statistics, photograph_statistics):
    """Statistics of which no part is empty, with names of all kinds."""
    photograph = photograph_statistics(
        "<b>é_16", make="<i>日産", year=-1, brightness=1 / 3, mask_area=None
    )
    return data_statistics(
        photograph_statistics("a_01", colour=(1.5, 2.5, 3.5)),
        photograph,
        quarantined=(QuarantinedFile("/d/\udcff<x>.jpg", Reason.NAME, 'what "is" it'),),
        metadata=True,
        average_masks={
            None: np.full((128, 192), 0.25, np.float32),
            3: np.full((128, 192), 1 / 3, np.float32),
            -1: np.zeros((128, 192), np.float32),
        },
        unlabelled=UnlabelledStatistics(
            photographs=3,
            poses=Counter({16: 2, 1: 1}),
            cars=2,
            makes=Counter({"": 1, "Acme": 1}),
            models=Counter({("", ""): 1, ("Acme", "A, B"): 1}),
            years=Counter({-1: 1, 2012: 1}),
            other_files=4,
        ),
        near_duplicates=(NearDuplicate(("a_01", "b_01"), ("train", "test"), 0.97, False),),
        samples=(Picture("data:image/jpeg;base64,AA==", 3, 2, "<alt>", ("one", "two")),),
        extremes=(Picture("data:image/jpeg;base64,AB==", 4, 5, "alt", ()),),
    )


def test_what_was_written_is_read(everything, tmp_path):
    write_statistics(str(tmp_path), everything)
    found = stored_statistics(str(tmp_path))
    for written, read in zip(everything.photographs, found.photographs, strict=True):
        assert (read.photograph.image_path, read.photograph.mask_path) == ("", "")
        for name in ("image_id", "group_id", "pose", "make", "model", "year"):
            assert getattr(read.photograph, name) == getattr(written.photograph, name)
        for name in ("split", "height", "width", "brightness", "colour", "mask_area"):
            assert getattr(read, name) == getattr(written, name)
    assert found.average_masks.keys() == everything.average_masks.keys()
    for pose, mask in found.average_masks.items():
        assert mask.dtype == np.float32
        np.testing.assert_array_equal(mask, everything.average_masks[pose])
    for name in ("quarantined", "metadata", "unlabelled", "near_duplicates", "samples"):
        assert getattr(found, name) == getattr(everything, name), name
    assert found.extremes == everything.extremes
    assert stored_photographs(str(tmp_path)) == found.photographs


def test_nothing_at_all(data_statistics, tmp_path):
    nothing = data_statistics(metadata=False)
    write_statistics(str(tmp_path), nothing)
    assert stored_statistics(str(tmp_path)) == nothing


def test_a_folder_without_statistics_is_named(tmp_path):
    with pytest.raises(Exception, match=str(tmp_path)):
        stored_statistics(str(tmp_path))
