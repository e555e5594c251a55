from __future__ import annotations

import numpy as np
import pytest

from studio.materials import Material
from studio.mesh import MeshBuilder, Part
from studio.painter import PaintedQuads, painting_order


def _wall(builder: MeshBuilder, x: float, outward_from: tuple[float, float, float]) -> None:
    y, z = np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0])
    points = np.stack([np.full_like(y, x), y, z], axis=-1)
    builder.add_grid(points, Material.PAINT, Part.BODY, outward_from)


def test_a_grid_becomes_quads_that_point_outwards():
    builder = MeshBuilder()
    _wall(builder, 1.0, (0, 0, 0))
    _wall(builder, -1.0, (0, 0, 0))
    mesh = builder.build()
    assert mesh.corners.shape == (4, 4, 3)
    np.testing.assert_allclose(mesh.normals, [[1, 0, 0]] * 2 + [[-1, 0, 0]] * 2)


def test_a_grid_drops_quads_without_area():
    builder = MeshBuilder()
    points = np.zeros((2, 3, 3))
    points[:, 1:, 1] = 1.0
    points[1, :, 2] = 1.0
    builder.add_grid(points, Material.PAINT, Part.BODY, (-1, 0, 0))
    assert len(builder.build().normals) == 1


def test_a_box_is_closed_and_as_large_as_asked():
    builder = MeshBuilder()
    builder.add_box((1, 2, 3), (0.4, 0.6, 0.2), Material.PAINT, Part.SPOILER)
    corners = builder.build().corners.reshape(-1, 3)
    np.testing.assert_allclose(corners[:, 1].min(), 1.7)
    np.testing.assert_allclose(corners[:, 1].max(), 2.3)
    np.testing.assert_allclose(np.ptp(corners, axis=0), [0.4, 0.6, 0.2], atol=1e-9)


def test_quads_that_face_away_are_not_painted():
    builder = MeshBuilder()
    _wall(builder, 1.0, (0, 0, 0))
    _wall(builder, -1.0, (0, 0, 0))
    np.testing.assert_array_equal(
        np.sort(painting_order(builder.build(), np.array([9.0, 0, 0]))), [0, 1]
    )


def test_far_quads_are_painted_first():
    builder = MeshBuilder()
    _wall(builder, 1.0, (0, 0, 0))
    order = painting_order(builder.build(), np.array([2.0, 5.0, 0.5]))
    np.testing.assert_array_equal(order, [0, 1])
    order = painting_order(builder.build(), np.array([2.0, -5.0, 0.5]))
    np.testing.assert_array_equal(order, [1, 0])


@pytest.mark.parametrize(("eye", "seen_over_cabin"), [((6, 0, 1.5), True), ((-6, 0, 1.5), False)])
def test_the_cabin_hides_mirrors_only_from_behind(
    eye: tuple[float, float, float], seen_over_cabin: bool
):
    builder = MeshBuilder()
    builder.add_box((0, 0, 1), (2, 1.6, 0.5), Material.ROOF, Part.CABIN)
    builder.add_box((0.8, 1, 1), (0.1, 0.2, 0.2), Material.PAINT, Part.MIRROR_LEFT)
    mesh = builder.build()
    parts = mesh.parts[painting_order(mesh, np.array(eye))].tolist()
    assert (parts[-1] == Part.MIRROR_LEFT) == seen_over_cabin


def test_a_painted_square_covers_its_pixels_and_nothing_else():
    picture = np.full((40, 48, 3), 200, np.uint8)
    square = np.array([[[9.5, 11.5], [19.5, 11.5], [19.5, 21.5], [9.5, 21.5]]], np.float64)
    mask = PaintedQuads(square, np.array([[10, 20, 30]], np.uint8)).paint_onto(picture)
    assert mask.sum() == 100
    assert mask[12:22, 10:20].all()
    np.testing.assert_array_equal(picture[16, 15], [10, 20, 30])
    np.testing.assert_array_equal(picture[5, 5], [200, 200, 200])


def test_quads_outside_the_picture_leave_it_alone():
    picture = np.full((20, 20, 3), 7, np.uint8)
    square = np.array([[[-9, -9], [-4, -9], [-4, -4], [-9, -4]]], np.float64)
    mask = PaintedQuads(square, np.zeros((1, 3), np.uint8)).paint_onto(picture)
    assert not mask.any()
    assert (picture == 7).all()
