"""One photograph and its mask: the car is turned, painted, and set into the empty studio.

The car is painted into a layer of its own at a multiple of the photograph's resolution, with
coverage as a fourth channel. Shrunk by area averaging, that layer is both the antialiased picture
and, cut at one half, the mask: they cannot disagree.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from studio.camera import turntable
from studio.cars import Car
from studio.config import StudioConfig
from studio.floor import cast_onto_floor
from studio.materials import shade
from studio.mesh import Part
from studio.painter import PaintedQuads, painting_order
from studio.scene import scene_of
from studio.seeds import Stream, generator

Image = npt.NDArray[np.uint8]


def render_photograph(car: Car, pose: int, config: StudioConfig) -> tuple[Image, Image]:
    """Photographs a car at one stop of the turntable.

    Args:
        car: from `draw_car`.
        pose: 1 to `config.poses`; the car faces the camera at 1 and turns to face left next.
        config: the photograph's size and the number of stops.

    Returns:
        The photograph, [H, W, 3] uint8 RGB, and its mask, [H, W] uint8 of 0 and 1: 1 where the car
        covers at least half of the pixel.

    Raises:
        ValueError: if the turntable has no such stop.
    """
    if not 1 <= pose <= config.poses:
        raise ValueError(f"pose must be from 1 to {config.poses}, not {pose}")
    scene = scene_of(car, config)
    rng = generator(car.seed, Stream.POSE, int(car.labelled), car.index, pose)
    down, right = rng.integers(-scene.margin, scene.margin + 1, 2)
    camera = scene.camera.shifted(-int(right), -int(down))
    top, left = scene.margin + int(down), scene.margin + int(right)
    picture = scene.backdrop[top : top + config.height, left : left + config.width].copy()

    turn = 2 * np.pi * (pose - 1) / config.poses + np.radians(car.yaw + rng.normal(0, 0.7))
    parked = np.array([*car.offset, 0.0]) + [*rng.normal(0, 0.02, 2), 0.0]
    rotation = turntable(turn)
    eye_from_car = camera.eye @ rotation.T - parked
    mesh = scene.mesh
    seen = painting_order(mesh, eye_from_car)
    corners = (mesh.corners[seen] + parked) @ rotation
    colours = shade(
        scene.palette,
        mesh.materials[seen],
        mesh.normals[seen] @ rotation,
        corners.mean(axis=1),
        camera.eye,
    )
    footprint = np.column_stack([scene.footprint, np.zeros(len(scene.footprint))])
    standing = mesh.parts[seen] <= Part.WHEEL
    cast_onto_floor(
        picture, camera, (footprint + parked) @ rotation, corners[standing], colours[standing]
    )
    quads = PaintedQuads(camera.project(corners), np.rint(colours * 255).astype(np.uint8))
    mask = quads.paint_onto(picture)
    return scene.sensor.expose(picture, rng), mask
