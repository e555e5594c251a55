from __future__ import annotations

import numpy as np

from studio.bodywork import Bodywork
from studio.cars import draw_car
from studio.shell import Plan, patch

PLAN = Plan.superellipse(2.0, -2.5, 0.9, 5.0, 4.0)


def test_the_plan_runs_from_nose_to_tail():
    xy, normal = PLAN.at(np.array([0.0, 1.5, 3.0]))
    np.testing.assert_allclose(xy[[0, 2]], [[2.0, 0], [-2.5, 0]], atol=1e-6)
    np.testing.assert_allclose(xy[1, 1], 0.9, atol=1e-3)
    np.testing.assert_allclose(normal, [[1, 0], [0, 1], [-1, 0]], atol=0.02)


def test_negative_s_is_the_mirror_image():
    s = np.linspace(0.1, 2.9, 7)
    left, right = PLAN.at(s)[0], PLAN.at(-s)[0]
    np.testing.assert_allclose(right, left * [1, -1])


def test_s_at_finds_the_point_beside_x():
    s = PLAN.s_at(np.array([1.0, 0.0, -1.0]))
    np.testing.assert_allclose(PLAN.at(s)[0][:, 0], [1.0, 0.0, -1.0], atol=1e-6)


def test_a_patch_keeps_its_corners():
    corners = np.array([[0.0, 0.1], [1.0, 0.2], [0.8, 0.9], [0.1, 1.0]])
    points = patch(lambda s, v: np.stack([s, v, s * v], axis=-1), corners, 2, 3)
    assert points.shape == (3, 4, 3)
    np.testing.assert_allclose(points[0, 0, :2], corners[0])
    np.testing.assert_allclose(points[-1, -1, :2], corners[2])
    np.testing.assert_allclose(points[-1, 0, :2], corners[3])


def test_a_body_has_the_dimensions_of_its_shape():
    for index in range(12):
        car = draw_car(0, index)
        work = Bodywork.of(car)
        s, v = np.meshgrid(np.linspace(-3, 3, 121), np.linspace(0, 1, 41))
        body, cabin = work.body(s, v), work.cabin(s, v)
        roof = work.roof(np.linspace(0, 3, 61), np.zeros(61))
        np.testing.assert_allclose(np.ptp(body[..., 0]), car.shape.length, rtol=0.02)
        np.testing.assert_allclose(np.ptp(body[..., 1]), car.shape.width, rtol=0.02)
        np.testing.assert_allclose(roof[:, 2].max(), car.shape.height, rtol=0.02)
        assert np.abs(cabin[..., 1]).max() < car.shape.width / 2
