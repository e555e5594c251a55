"""The studio's camera, level and with a shifted lens, and the turntable that turns before it.

The studio's frame: x to the right of the picture, y away from the camera, z up; the origin is the
middle of the turntable, on the floor; metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """Where the camera stands and what it sees.

    Attributes:
        distance: from the middle of the turntable, metres along the floor.
        height: above the floor, metres.
        focal: focal length in pixels.
        centre: (x, y) pixel of the vanishing point straight ahead; pixel (0, 0) is the middle of
            the top left pixel.
    """

    distance: float
    height: float
    focal: float
    centre: tuple[float, float]

    @classmethod
    def draw(cls, rng: np.random.Generator, width: int, height: int) -> Camera:
        """Sets up the camera for one car, never quite in the same place.

        Args:
            rng: the car's backdrop stream.
            width: of the photograph, pixels.
            height: of the photograph, pixels.

        Returns:
            A camera whose field of view is that of a 3:2 photograph fitted into the given size.
        """
        field = min(width, 1.5 * height)
        return cls(
            distance=float(rng.normal(6.6, 0.2)),
            height=float(rng.normal(1.56, 0.05)),
            focal=float(field * rng.uniform(0.84, 1.01)),
            centre=(
                float(width / 2 + field * rng.uniform(-0.07, 0.05)),
                float(height / 2 - field * rng.uniform(0.11, 0.19)),
            ),
        )

    @property
    def eye(self) -> Floats:
        """The camera's place, [3] metres in the studio's frame."""
        return np.array([0.0, -self.distance, self.height])

    @property
    def pixel(self) -> float:
        """Metres that one pixel covers at the turntable's middle."""
        return self.distance / self.focal

    def shifted(self, right: float, down: float) -> Camera:
        """Returns the camera whose picture lies that many pixels further right and down."""
        return replace(self, centre=(self.centre[0] + right, self.centre[1] + down))

    def project(self, points: Floats) -> Floats:
        """Returns the pixels [..., 2] (x, y) of points [..., 3] in the studio's frame, metres."""
        depth = np.maximum(points[..., 1] + self.distance, 0.2)
        x = self.centre[0] + self.focal * points[..., 0] / depth
        y = self.centre[1] - self.focal * (points[..., 2] - self.height) / depth
        return np.stack([x, y], axis=-1)


def turntable(turn: float) -> Floats:
    """Returns the rotation from the car's frame to the studio's.

    Args:
        turn: radians the table has turned since the car faced the camera; at a quarter turn the car
            faces left.

    Returns:
        [3, 3]; multiply row vectors from the left: `points @ turntable(turn)`.
    """
    sine, cosine = np.sin(turn), np.cos(turn)
    return np.array([[-sine, -cosine, 0.0], [cosine, -sine, 0.0], [0.0, 0.0, 1.0]])
