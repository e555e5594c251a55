"""What lens and sensor do to a picture: vignetting, a colour cast, a little blur and noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from studio.seeds import Stream, generator

Image = npt.NDArray[np.uint8]
NOISE_SHIFT = 64
"""Places, in each direction, where a photograph may be cut out of the noise."""
NOISE_ZERO = 128
"""Value of the noise tile that leaves a pixel as it is."""


@dataclass(frozen=True, eq=False)
class Sensor:
    """Faults that the photographs of one car share.

    Attributes:
        gain: [H, W, 3] uint8; a pixel is multiplied by gain / 255.
        noise: [H + 64, W + 64, 3] uint8; noise around 128.
        blur: standard deviation in pixels of the lens's blur.
    """

    gain: Image
    noise: Image
    blur: float

    @classmethod
    def draw(cls, rng: np.random.Generator, seed: int, width: int, height: int) -> Sensor:
        """Draws the faults for one car; `rng` is the car's backdrop stream."""
        cast = np.clip(1 + rng.normal(0, 0.008, 3), 0.93, 1.06)
        y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        falloff = 1 - rng.uniform(0.04, 0.16) * (x * x + 0.7 * y * y) ** 1.2 / 2
        gain = 250 * falloff[..., None] * cast
        return cls(
            gain=np.clip(gain, 0, 255).astype(np.uint8),
            noise=_noise_tile(seed, width, height),
            blur=float(rng.uniform(0.35, 0.6) * max(1.0, width / 1000)),
        )

    def expose(self, picture: Image, rng: np.random.Generator) -> Image:
        """Returns the photograph of a picture, both [H, W, 3] uint8; `rng` is the pose's stream."""
        height, width = picture.shape[:2]
        lit = cv2.multiply(picture, self.gain, scale=1 / 255)
        lit = cv2.GaussianBlur(lit, (3, 3) if self.blur < 0.8 else (5, 5), self.blur)
        down, right = rng.integers(0, NOISE_SHIFT, 2)
        noise = self.noise[down : down + height, right : right + width]
        return np.asarray(cv2.addWeighted(lit, 1, noise, 1, -NOISE_ZERO), dtype=np.uint8)


@lru_cache(maxsize=1)
def _noise_tile(seed: int, width: int, height: int) -> Image:
    """Noise shared by all photographs of a rendering; each is cut from a place of its own."""
    rng = generator(seed, Stream.NOISE)
    shape = height + NOISE_SHIFT, width + NOISE_SHIFT
    luma = rng.standard_normal(shape, dtype=np.float32) * np.float32(2.2)
    chroma = rng.standard_normal((*shape, 3), dtype=np.float32) * np.float32(1.1)
    tile = NOISE_ZERO + luma[..., None] + chroma
    return np.clip(np.rint(tile), 0, 255).astype(np.uint8)
