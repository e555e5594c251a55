"""What the car is made of, and how the studio's light comes back from it.

One light model serves all materials: a bright ceiling above, a darker band at the height of the
lettering and the floor below. Diffuse colour plus a mirror image of that surrounding, stronger at
grazing angles, is enough for paint to look like paint.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from studio.cars import Car, Colour

Floats = npt.NDArray[np.float64]


class Material(IntEnum):
    """Surfaces that differ in how they look."""

    PAINT = 0
    ROOF = 1
    PLASTIC = 2
    SHADOWED = 3
    SEAM = 4
    WINDSHIELD = 5
    SIDE_GLASS = 6
    SEAT = 7
    CHROME = 8
    GRILLE = 9
    HEADLIGHT = 10
    LENS = 11
    TAILLIGHT = 12
    AMBER = 13
    PLATE = 14
    PLATE_TEXT = 15
    TYRE = 16
    SIDEWALL = 17
    RIM = 18
    BARREL = 19


@dataclass(frozen=True, eq=False)
class Palette:
    """Optical constants of every material of one car.

    Attributes:
        diffuse: [M, 3] colour under full light, 0..1.
        gloss: [M] strength of the mirror image seen head on, 0..1.
        grazing: [M] strength of the mirror image seen at a grazing angle, 0..1.
    """

    diffuse: Floats
    gloss: Floats
    grazing: Floats


def palette_of(car: Car) -> Palette:
    """Returns the constants of a car's materials."""
    clear = 0.05 + 0.16 * car.glass
    trim: Colour = (0.06, 0.06, 0.06) if car.dark_trim else (0.55, 0.56, 0.58)
    paint_gloss = 0.13
    table: dict[Material, tuple[Colour, float, float]] = {
        Material.PAINT: (car.paint, paint_gloss, 0.55),
        Material.ROOF: ((0.03, 0.03, 0.03) if car.two_tone else car.paint, paint_gloss, 0.55),
        Material.PLASTIC: ((0.085, 0.085, 0.09), 0.02, 0.15),
        Material.SHADOWED: ((0.02, 0.02, 0.022), 0.0, 0.0),
        Material.SEAM: (_scale(car.paint, 0.35), 0.02, 0.1),
        Material.WINDSHIELD: ((clear * 0.95, clear, clear * 1.02), 0.16, 0.6),
        Material.SIDE_GLASS: ((clear * 0.9, clear * 0.95, clear), 0.12, 0.6),
        Material.SEAT: ((clear * 0.6, clear * 0.6, clear * 0.62), 0.08, 0.5),
        Material.CHROME: (trim, 0.04 if car.dark_trim else 0.45, 0.6),
        Material.GRILLE: ((0.045, 0.045, 0.05), 0.03, 0.1),
        Material.HEADLIGHT: ((0.60, 0.62, 0.65), 0.25, 0.6),
        Material.LENS: ((0.22, 0.23, 0.25), 0.25, 0.5),
        Material.TAILLIGHT: ((0.48, 0.03, 0.035), 0.10, 0.4),
        Material.AMBER: ((0.72, 0.33, 0.05), 0.10, 0.4),
        Material.PLATE: ((0.85, 0.86, 0.88), 0.02, 0.1),
        Material.PLATE_TEXT: ((0.15, 0.35, 0.60), 0.02, 0.1),
        Material.TYRE: ((0.055, 0.055, 0.058), 0.0, 0.06),
        Material.SIDEWALL: ((0.075, 0.075, 0.08), 0.01, 0.08),
        Material.RIM: (car.rim, 0.22, 0.5),
        Material.BARREL: ((0.07, 0.07, 0.075), 0.02, 0.1),
    }
    rows = [table[material] for material in Material]
    return Palette(
        diffuse=np.array([row[0] for row in rows]),
        gloss=np.array([row[1] for row in rows]),
        grazing=np.array([row[2] for row in rows]),
    )


def shade(
    palette: Palette,
    materials: npt.NDArray[np.int64],
    normals: Floats,
    centres: Floats,
    eye: Floats,
) -> Floats:
    """Returns the light that N quads send to the camera.

    Args:
        palette: optical constants.
        materials: [N] values of `Material`.
        normals: [N, 3] unit vectors, in the studio's frame.
        centres: [N, 3] the quads' middles in the studio's frame, metres; z is height above the
            floor.
        eye: [3] the camera in the studio's frame, metres.

    Returns:
        [N, 3] red, green and blue as displayed, 0..1.
    """
    to_eye = eye - centres
    to_eye /= np.linalg.norm(to_eye, axis=1, keepdims=True)
    facing = np.einsum("nk,nk->n", normals, to_eye).clip(0, 1)
    mirrored = 2 * facing[:, None] * normals - to_eye
    # The ceiling is one large soft light, the rest of the room sends back a little from all sides.
    lit = 0.72 + 0.24 * normals[:, 2] - 0.10 * normals[:, 1] + 0.06 * normals[:, 0]
    occlusion = 0.62 + 0.38 * np.clip(centres[:, 2] / 0.55, 0, 1)
    fresnel = palette.gloss[materials] + palette.grazing[materials] * (1 - facing) ** 4
    diffuse = palette.diffuse[materials] * (lit * occlusion)[:, None]
    image = _surrounding(mirrored) * occlusion
    light = diffuse * (1 - 0.5 * fresnel[:, None]) + (fresnel * image)[:, None]
    return np.asarray(np.clip(light, 0, 1), dtype=np.float64)


def _surrounding(direction: Floats) -> Floats:
    """Brightness of the studio in a direction: [N, 3] unit vectors to [N]."""
    up = direction[:, 2]
    wall = 0.80 + 0.25 * np.clip(up, 0, 1)
    lettering = 0.25 * np.exp(-(((up - 0.10) / 0.07) ** 2))
    strips = (
        0.9 * np.exp(-(((np.abs(direction[:, 0]) - 0.35) / 0.16) ** 2)) * np.clip(up - 0.45, 0, 1)
    )
    floor = 0.42 + 0.10 * np.clip(up + 1, 0, 1)
    blend = np.clip((up + 0.05) / 0.10, 0, 1)
    light = floor * (1 - blend) + (wall - lettering + 2.0 * strips) * blend
    return np.asarray(light, dtype=np.float64)


def _scale(colour: Colour, factor: float) -> Colour:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor
