"""What a rendering is made of: the one typed record that fixes every byte the studio writes.

Two renderings with equal configs hold equal files, so the config is also what `studio.json` keeps
in a finished folder to tell a rendering that can be reused from one that cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_POSES = 16
"""Stops of the turntable in the Carvana layout; file names number them 01..16."""


@dataclass(frozen=True)
class StudioConfig:
    """Size and seed of a rendered data set.

    Attributes:
        cars: cars with masks, written to `train/` and `train_masks/`; at least 1.
        test_cars: further cars without masks, written to `test/`; may be 0.
        seed: any integer from 0 up. Car k of a seed does not depend on `cars` or `test_cars`.
        width: photograph width in pixels, 48..4096.
        height: photograph height in pixels, 32..4096.
        poses: turntable stops per car, evenly spaced over the full turn, 1..16.
        jpeg_quality: quality factor of the JPEG encoder, 1..100.
    """

    cars: int = 24
    test_cars: int = 2
    seed: int = 0
    width: int = 480
    height: int = 320
    poses: int = MAX_POSES
    jpeg_quality: int = 92

    def __post_init__(self) -> None:
        """Checks every field, so that a bad value fails before the first photograph.

        Raises:
            ValueError: naming the field, the value given and the range allowed.
        """
        limits = {
            "cars": (1, None),
            "test_cars": (0, None),
            "seed": (0, None),
            "width": (48, 4096),
            "height": (32, 4096),
            "poses": (1, MAX_POSES),
            "jpeg_quality": (1, 100),
        }
        for field, (low, high) in limits.items():
            value = getattr(self, field)
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{field} must be an integer, not {value!r}")
            if value < low or (high is not None and value > high):
                allowed = f"at least {low}" if high is None else f"from {low} to {high}"
                raise ValueError(f"{field} must be {allowed}, not {value}")

    @property
    def photographs(self) -> int:
        """Photographs in the whole rendering, with and without masks."""
        return (self.cars + self.test_cars) * self.poses
