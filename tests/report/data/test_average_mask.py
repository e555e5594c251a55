import numpy as np
import pytest

from report.data.average_mask import AverageMasks


def _mask(value):
    return np.full((2, 3), value, np.uint8)


def test_means_by_pose_and_over_all():
    masks = AverageMasks()
    for pose, value in ((7, 255), (1, 0), (7, 0), (1, 51)):
        masks.add(pose, _mask(value))
    means = masks.means()
    assert list(means) == [None, 1, 7]
    assert means[None].dtype == np.float32
    assert means[1][0, 0] == pytest.approx(0.1)
    assert means[7][0, 0] == pytest.approx(0.5)
    assert means[None][1, 2] == pytest.approx(0.3)


def test_sums_from_elsewhere_are_the_same_as_all_here():
    here, there, both = AverageMasks(), AverageMasks(), AverageMasks()
    for number in range(20):
        for masks in (both, here if number % 3 else there):
            masks.add(number % 2, _mask(13 * number))
    for pose, (masks, count) in there.sums().items():
        here.add_sum(pose, masks, count)
    assert here.means().keys() == both.means().keys()
    for pose, mean in both.means().items():
        np.testing.assert_array_equal(here.means()[pose], mean)


def test_no_masks():
    assert AverageMasks().means() == {}
