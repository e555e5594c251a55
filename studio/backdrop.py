"""The empty studio before the car rolls in: wall, lettering, seam, turntable and stands.

Much of it is there to be mistaken for a car: dark letters and posts at the height of the windows, a
dark rim under the wheels, a floor as grey as a grey car.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from studio.camera import Camera

Floats = npt.NDArray[np.float32]
Image = npt.NDArray[np.uint8]
WORDS = ("KARUSELLO", "MOTOVARA", "AUTENDO")
"""Names of studios that do not exist."""


def render_backdrop(camera: Camera, width: int, height: int, rng: np.random.Generator) -> Image:
    """Photographs the empty studio.

    Args:
        camera: of the car that will stand there.
        width: pixels.
        height: pixels.
        rng: the car's backdrop stream.

    Returns:
        [height, width, 3] uint8 RGB, without lens and sensor faults.
    """
    x = (np.arange(width, dtype=np.float32) - np.float32(camera.centre[0]))[None, :]
    y = (np.arange(height, dtype=np.float32) - np.float32(camera.centre[1]))[:, None]
    seam_depth = camera.distance + rng.uniform(6.0, 9.5)
    seam = camera.focal * camera.height / seam_depth
    wall = _wall(x / camera.focal, y / camera.focal, rng)
    floor = _floor(camera, x, y, rng)
    softness = rng.uniform(0.002, 0.012) * camera.focal
    bend = seam * (1 + 0.10 * rng.normal() * (x / camera.focal))
    blend = _ramp((y - bend) / softness + 0.5)[..., None]
    room = wall * (1 - blend) + floor * blend
    scene = np.clip(room * 255, 0, 255).astype(np.uint8)
    _letter(scene, camera, rng)
    _furnish(scene, camera, seam_depth, rng)
    return scene


def _ramp(value: npt.NDArray[np.float32]) -> Floats:
    clipped = np.clip(value, 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), dtype=np.float32)


def _wall(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    tone = rng.uniform(0.91, 0.99)
    light = tone - rng.uniform(0.0, 0.12) * (y + 0.1) + 0 * x
    for _ in range(3):
        at, size = rng.uniform((-0.55, -0.30), (0.55, 0.05)), rng.uniform(0.10, 0.35)
        light = light + rng.uniform(-0.03, 0.04) * np.exp(
            -((x - at[0]) ** 2 + (y - at[1]) ** 2) / size**2
        )
    if rng.random() < 0.2:
        edge = rng.choice([-1, 1]) * rng.uniform(0.25, 0.6)
        panel = _ramp((np.sign(edge) * x - abs(edge)) * 400)
        light = light * (1 - rng.uniform(0.05, 0.25) * panel)
    tint = 1 + rng.normal(0, 0.004, 3)
    return np.asarray(light[..., None] * tint, dtype=np.float32)


def _floor(camera: Camera, x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    depth = camera.focal * camera.height / np.maximum(y, camera.focal * 0.01)
    right, away = x * depth / camera.focal, depth - camera.distance
    radius = np.hypot(right, away)
    footprint = np.maximum(depth**2 / (camera.focal * camera.height), depth / camera.focal)
    tone = rng.uniform(0.60, 0.70)
    light = tone + 0.10 * np.exp(-((radius / 5.0) ** 2)) - 0.012 * np.clip(-away, 0, 4)
    edge = rng.uniform(2.85, 3.25)
    disc = _ramp((edge - radius) / footprint + 0.5)
    light = light * (1 + rng.uniform(-0.08, 0.06) * disc)
    gap = rng.uniform(0.006, 0.025)
    ring = _ramp((gap - np.abs(radius - edge)) / footprint + 0.5) * np.minimum(
        1, 2 * gap / footprint
    )
    light = light * (1 - rng.uniform(0.25, 0.75) * ring)
    joint, turn = rng.uniform(0.1, 0.4), rng.uniform(0, np.pi)
    for k in range(3):
        angle = turn + k * np.pi / 3
        off = np.abs(right * np.sin(angle) - away * np.cos(angle))
        line = _ramp((0.008 - off) / footprint + 0.5) * np.minimum(1, 0.016 / footprint)
        light = light * (1 - joint * line * disc)
    if rng.random() < 0.35:
        front = -camera.distance + rng.uniform(2.7, 3.0)
        light = light * (1 - rng.uniform(0.3, 0.75) * _ramp((front - away) / footprint + 0.5))
    tint = 1 + rng.normal(0, 0.006, 3)
    return np.asarray(light[..., None] * tint, dtype=np.float32)


def _letter(scene: Image, camera: Camera, rng: np.random.Generator) -> None:
    """Writes the studio's name over the wall, letter by letter, in place."""
    word = WORDS[int(rng.integers(len(WORDS)))]
    field = camera.focal / 0.93
    tall = field * rng.uniform(0.085, 0.115)
    span = field * rng.uniform(0.72, 0.98)
    left = camera.centre[0] - span / 2 + field * rng.normal(0, 0.05)
    foot = camera.centre[1] + field * rng.uniform(0.0, 0.045)
    grey = rng.uniform(0.36, 0.5)
    stroke = tall * rng.uniform(0.08, 0.15)
    # Drawn enlarged: putText knows neither fractions of a pixel nor of a stroke.
    zoom = 4 if field < 1000 else 2
    ink = np.zeros((round(zoom * tall * 2), scene.shape[1] * zoom), np.uint8)
    font = cv2.FONT_HERSHEY_DUPLEX if rng.random() < 0.5 else cv2.FONT_HERSHEY_SIMPLEX
    thick = max(1, round(stroke * zoom))
    scale = tall * zoom / 21
    for k, letter in enumerate(word):
        at = round((left + span * k / len(word)) * zoom), round(tall * 1.5 * zoom)
        cv2.putText(ink, letter, at, font, scale, (255,), thick, cv2.LINE_AA)
    size = scene.shape[1], ink.shape[0] // zoom
    word_mask = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32) / 255
    top = round(foot - tall * 1.5)
    rows = slice(max(top, 0), max(0, min(top + size[1], len(scene))))
    cover = word_mask[rows.start - top : rows.stop - top, :, None] * (1 - grey)
    scene[rows] = (scene[rows] * (1 - cover)).astype(np.uint8)


def _furnish(scene: Image, camera: Camera, seam_depth: float, rng: np.random.Generator) -> None:
    """Stands lamp posts along the wall and lays cables on the floor, in place."""
    for _ in range(int(rng.integers(0, 3))):
        x = rng.choice([-1, 1]) * rng.uniform(1.2, 5.5)
        away = rng.uniform(3.4, seam_depth - camera.distance - 0.3)
        tall, shade = rng.uniform(1.2, 2.6), int(rng.integers(40, 150))
        thick = max(1, round(rng.uniform(0.04, 0.12) * camera.focal / (away + camera.distance)))
        foot, head = camera.project(np.array([[x, away, 0], [x, away, tall]])).tolist()
        _line(scene, foot, head, shade, thick)
        if rng.random() < 0.6:
            lamp = camera.project(
                np.array([[x - 0.35, away, tall], [x + 0.35, away, tall]])
            ).tolist()
            _line(scene, lamp[0], lamp[1], shade, thick * int(rng.integers(3, 7)))
        feet = camera.project(np.array([[x - 0.3, away, 0], [x + 0.3, away, 0]])).tolist()
        _line(scene, feet[0], feet[1], shade, thick)
    if rng.random() < 0.4:
        turns = np.linspace(0, 1, 24)
        start, end = rng.uniform((-5, -3.2), (-2, 3.5)), rng.uniform((2, -3.2), (5, 3.5))
        path = start + (end - start) * turns[:, None]
        # Behind the turntable, where no car can stand on it.
        path[:, 1] = np.maximum(path[:, 1] + 0.25 * np.sin(turns * 9), 3.4)
        points = camera.project(np.column_stack([path, np.zeros(24)]))
        cv2.polylines(
            scene, [np.round(points * 16).astype(np.int32)], False, (45, 45, 48), 1, cv2.LINE_AA, 4
        )


def _line(scene: Image, start: list[float], end: list[float], shade: int, thick: int) -> None:
    ends = [tuple(round(value * 16) for value in point) for point in (start, end)]
    cv2.line(scene, ends[0], ends[1], (shade, shade, shade + 2), thick, cv2.LINE_AA, 4)
