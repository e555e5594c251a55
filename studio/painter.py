"""The painter's algorithm: which quads are seen, in which order, and the painting itself."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from studio.mesh import Mesh, Part

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Image = npt.NDArray[np.uint8]
CABIN_SIDE = 0.8
"""Metres from a car's middle to its side windows, near enough to tell what hides what."""
SUBPIXEL_BITS = 4
"""Corners are placed to a sixteenth of a layer's pixel."""


def painting_order(mesh: Mesh, eye: Floats) -> Ints:
    """Returns the quads that face the camera, in the order to paint them.

    Parts are painted in an order that only depends on the side the car is seen from; within a part
    layers come first, and within a layer far quads come before near ones.

    Args:
        mesh: the car.
        eye: [3] the camera in the car's frame, metres.

    Returns:
        Indices of quads.
    """
    centres = mesh.corners.mean(axis=1)
    to_eye = eye - centres
    facing = np.einsum("nk,nk->n", mesh.normals, to_eye) > 0
    rank = _part_ranks(eye)[mesh.parts]
    distance = np.linalg.norm(to_eye, axis=1)
    order = np.lexsort((-distance, mesh.layers, rank))
    return np.asarray(order[facing[order]], dtype=np.int64)


def _part_ranks(eye: Floats) -> Ints:
    ranks = {
        Part.UNDERBODY: 1,
        Part.BODY: 3,
        Part.BODY_DETAIL: 4,
        Part.WHEEL: 5,
        Part.CABIN: 7,
        Part.CABIN_DETAIL: 8,
    }
    near, far = (9, 6)
    from_left, from_behind = eye[1] > 0, eye[0] < 0
    ranks[Part.RAIL_LEFT], ranks[Part.RAIL_RIGHT] = (near, far) if from_left else (far, near)
    for mirror, side in ((Part.MIRROR_LEFT, 1), (Part.MIRROR_RIGHT, -1)):
        # Seen along the car the cabin hides both mirrors from behind and neither from ahead.
        along = abs(eye[1]) < CABIN_SIDE and not from_behind
        ranks[mirror] = near if side * eye[1] > CABIN_SIDE or along else far
    ranks[Part.TREAD_LEFT], ranks[Part.TREAD_RIGHT] = (2, 0) if from_left else (0, 2)
    ranks[Part.SPOILER] = near if from_behind else far
    ranks[Part.ANTENNA] = near
    return np.array([ranks[part] for part in Part])


@dataclass(frozen=True, eq=False)
class PaintedQuads:
    """Quads in the order to paint them.

    Attributes:
        corners: [N, 4, 2] pixels of the photograph.
        colours: [N, 3] uint8 RGB.
    """

    corners: Floats
    colours: Image

    def paint_onto(self, picture: Image) -> Image:
        """Paints the quads into a picture, antialiased, in place.

        Args:
            picture: [H, W, 3] uint8 RGB.

        Returns:
            [H, W] uint8: 1 where the quads cover at least half of a pixel, else 0.
        """
        height, width = picture.shape[:2]
        mask = np.zeros((height, width), np.uint8)
        low = np.floor(self.corners.min(axis=(0, 1))).astype(int) - 1
        high = np.ceil(self.corners.max(axis=(0, 1))).astype(int) + 2
        left, top = np.maximum(low, 0)
        right, bottom = np.minimum(high, (width, height))
        if left >= right or top >= bottom:
            return mask
        zoom = 2 if width >= 200 else 4
        layer = np.zeros(((bottom - top) * zoom, (right - left) * zoom, 4), np.uint8)
        fill(layer, (self.corners - (left, top) + 0.5) * zoom - 0.5, self.colours)
        size = right - left, bottom - top
        small = np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA), np.uint8)
        coverage = small[..., 3]
        mask[top:bottom, left:right] = coverage >= 128
        window = picture[top:bottom, left:right]
        backdrop = cv2.multiply(window, cv2.merge([255 - coverage] * 3), scale=1 / 255)
        window[:] = cv2.add(backdrop, small[..., :3])
        return mask


def fill(layer: Image, corners: Floats, colours: Image) -> None:
    """Fills quads one after the other, in place.

    Args:
        layer: [H, W, 4] uint8: red, green, blue and coverage.
        corners: [N, 4, 2] pixels of the layer.
        colours: [N, 3] uint8 RGB.
    """
    fixed = np.rint(corners * (1 << SUBPIXEL_BITS)).astype(np.int32)
    for quad, colour in zip(fixed, colours.tolist(), strict=True):
        colour.append(255)
        cv2.fillConvexPoly(layer, quad, colour, cv2.LINE_8, SUBPIXEL_BITS)
