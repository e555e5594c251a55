"""What a car does to the floor: a soft shadow and a faint mirror image in the turntable.

Neither is part of the mask. Both are soft, so they are made at a fraction of the photograph's
resolution.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from studio.camera import Camera
from studio.painter import fill

Floats = npt.NDArray[np.float64]
Image = npt.NDArray[np.uint8]
CONTACT, AMBIENT = 0.62, 0.25
"""Share of the light that the car takes away right below it, and around it."""
MIRROR = 0.11
"""Share of the floor's brightness that is a mirror image."""


def cast_onto_floor(
    picture: Image, camera: Camera, footprint: Floats, corners: Floats, colours: Floats
) -> None:
    """Adds a car's mirror image and shadow to the empty studio, in place.

    Args:
        picture: [H, W, 3] uint8 RGB.
        camera: of the photograph.
        footprint: [K, 3] outline of the car on the floor, in the studio's frame, metres.
        corners: [N, 4, 3] quads of the lower body in painting order, in the studio's frame, metres.
        colours: [N, 3] their red, green and blue, 0..1.
    """
    height, width = picture.shape[:2]
    shrink = 4 if width >= 400 else 2
    size = -(-width // shrink), -(-height // shrink)
    mirrored = camera.project(corners * [1, 1, -1])
    image = np.zeros((size[1], size[0], 4), np.uint8)
    strength = MIRROR * 255
    fill(image, mirrored / shrink, np.rint(colours * strength).astype(np.uint8))
    image[..., 3] = image[..., 3] // 255 * round(strength)
    spread = max(0.8, 0.006 * size[0])
    image = _enlarge(_blur(image, spread), shrink, width, height)
    darkened = cv2.multiply(picture, cv2.merge([255 - image[..., 3]] * 3), scale=1 / 255)
    picture[:] = cv2.add(darkened, image[..., :3])

    outline = np.rint(camera.project(footprint) / shrink * 16).astype(np.int32)
    blot = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(blot, [outline], (255,), cv2.LINE_AA, 4)
    contact = _blur(blot, max(0.7, 0.012 * size[0]))
    ambient = _blur(blot, max(1.5, 0.035 * size[0]))
    shadow = cv2.addWeighted(contact, CONTACT * (1 - AMBIENT), ambient, AMBIENT, 0)
    light = _enlarge(np.uint8(255) - np.asarray(shadow, np.uint8), shrink, width, height)
    cv2.multiply(picture, cv2.merge([light] * 3), picture, scale=1 / 255)


def _blur(image: Image, deviation: float) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), deviation), np.uint8)


def _enlarge(image: Image, times: int, width: int, height: int) -> Image:
    size = image.shape[1] * times, image.shape[0] * times
    large = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return large[:height, :width]
