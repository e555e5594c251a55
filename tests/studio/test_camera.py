from __future__ import annotations

import numpy as np

from studio.camera import Camera, turntable

CAMERA = Camera(distance=6.0, height=1.5, focal=400.0, centre=(240.0, 100.0))


def test_projection_is_golden():
    # The middle of the turntable: straight ahead and 1.5 m below the lens, 6 m away.
    np.testing.assert_allclose(CAMERA.project(np.zeros(3)), [240, 100 + 400 * 1.5 / 6])
    np.testing.assert_allclose(CAMERA.project(np.array([1.0, 2.0, 1.5])), [240 + 400 / 8, 100])


def test_a_shifted_camera_moves_the_picture():
    point = np.array([0.3, -1.0, 0.7])
    moved = CAMERA.shifted(3, -2).project(point) - CAMERA.project(point)
    np.testing.assert_allclose(moved, [3, -2])


def test_the_car_faces_the_camera_then_left_then_away():
    forward = np.array([1.0, 0.0, 0.0])
    np.testing.assert_allclose(forward @ turntable(0), [0, -1, 0], atol=1e-12)
    np.testing.assert_allclose(forward @ turntable(np.pi / 2), [-1, 0, 0], atol=1e-12)
    np.testing.assert_allclose(forward @ turntable(np.pi), [0, 1, 0], atol=1e-12)


def test_the_turn_is_a_rotation():
    turn = turntable(0.7)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(turn), 1)
