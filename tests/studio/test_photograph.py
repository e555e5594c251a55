from __future__ import annotations

import cv2
import numpy as np
import pytest

from studio.body_shape import BodyStyle
from studio.cars import draw_car
from studio.catalogue import CATALOGUE
from studio.config import StudioConfig
from studio.mesh import Part
from studio.photograph import render_photograph
from studio.scene import scene_of

SMALL = StudioConfig(width=192, height=128)
CARS = [draw_car(0, index) for index in range(len(CATALOGUE))]


def _width(mask: np.ndarray) -> int:
    return int(np.ptp(np.flatnonzero(mask.any(axis=0))) + 1)


def test_the_same_photograph_comes_back_whatever_was_rendered_between():
    first = render_photograph(CARS[0], 3, SMALL)
    for car in CARS[1:4]:
        render_photograph(car, 5, SMALL)
    scene_of.cache_clear()
    again = render_photograph(draw_car(0, 0), 3, SMALL)
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])


def test_threads_do_not_change_a_photograph():
    before = cv2.getNumThreads()
    pictures = []
    try:
        for threads in (1, 2):
            cv2.setNumThreads(threads)
            scene_of.cache_clear()
            pictures.append(render_photograph(CARS[2], 4, SMALL)[0])
    finally:
        cv2.setNumThreads(before)
    np.testing.assert_array_equal(*pictures)


@pytest.mark.parametrize("car", CARS, ids=lambda car: car.model.model)
def test_a_mask_is_one_car_of_plausible_size(car):
    for pose in (1, 4, 10):
        image, mask = render_photograph(car, pose, SMALL)
        assert image.shape == (128, 192, 3)
        assert image.dtype == mask.dtype == np.uint8
        assert set(np.unique(mask)) == {0, 1}
        assert 0.06 < mask.mean() < 0.45
        _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        largest = stats[1:, cv2.CC_STAT_AREA].max()
        assert largest > 0.99 * mask.sum()


@pytest.mark.parametrize("car", CARS, ids=lambda car: car.model.model)
def test_the_side_is_wider_than_the_front(car):
    front, side = (render_photograph(car, pose, SMALL)[1] for pose in (1, 5))
    assert _width(side) > 1.25 * _width(front)


def test_poses_differ():
    masks = [render_photograph(CARS[0], pose, SMALL)[1] for pose in range(1, 17)]
    for first in range(16):
        for second in range(first):
            assert (masks[first] != masks[second]).mean() > 0.005


def test_fewer_poses_still_cover_the_whole_turn():
    car = next(car for car in CARS if car.model.style is BodyStyle.SEDAN)
    four = StudioConfig(width=192, height=128, poses=4)
    widths = [_width(render_photograph(car, pose, four)[1]) for pose in (1, 2, 3, 4)]
    assert min(widths[1], widths[3]) > 1.25 * max(widths[0], widths[2])


@pytest.mark.parametrize("pose", [0, 17])
def test_a_pose_that_is_not_there_is_refused(pose: int):
    with pytest.raises(ValueError, match=f"pose must be from 1 to 16, not {pose}"):
        render_photograph(CARS[0], pose, SMALL)


def test_the_picture_has_its_edges_where_the_mask_has():
    gradients = {"on": [], "off": []}
    for car in CARS[::2]:
        image, mask = render_photograph(car, 3, SMALL)
        smooth = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
        slope = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1))
        edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
        outside = cv2.dilate(mask, np.ones((13, 13), np.uint8)) == 0
        gradients["on"].append(slope[edge].mean())
        gradients["off"].append(slope[outside].mean())
    assert np.mean(gradients["on"]) > 3 * np.mean(gradients["off"])


def test_paint_is_inside_the_mask_and_shadow_outside():
    # A red car: inside the mask it is red, and neither its shadow nor its mirror image is masked.
    car = next(
        car for car in map(lambda k: draw_car(0, k), range(200)) if car.paint[0] > 5 * car.paint[2]
    )
    image, mask = render_photograph(car, 5, SMALL)
    red = image[..., 0].astype(int) - image[..., 2]
    assert (mask[red > 80] == 1).mean() > 0.99
    foot = np.flatnonzero(mask.any(axis=1))[-1]
    assert not mask[foot + 1 :].any()


def test_an_antenna_is_counted():
    car = next(car for car in CARS if car.antenna > 0.2)
    config = StudioConfig(width=480, height=320)
    _, mask = render_photograph(car, 5, config)
    parts = scene_of(car, config).mesh.parts
    assert (parts == Part.ANTENNA).sum() == 6
    top = np.flatnonzero(mask.any(axis=1))[0]
    assert 1 <= mask[top + 2].sum() <= 4


def test_sizes_from_a_stamp_to_full_resolution_show_the_same_car():
    shares = []
    for width, height in ((48, 32), (192, 128), (480, 320)):
        image, mask = render_photograph(CARS[0], 2, StudioConfig(width=width, height=height))
        assert image.shape == (height, width, 3)
        shares.append(mask.mean())
    np.testing.assert_allclose(shares, shares[1], rtol=0.12)
