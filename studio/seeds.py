"""Named random streams, so that nothing drawn for one thing can shift what is drawn for another.

Every generator is keyed by (seed, stream, indices). Adding a car, rendering in another order or
drawing one number more for the backdrop leaves every other stream as it was.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """What the numbers are drawn for. The values are part of the rendering: never renumber them."""

    CAR = 1
    BACKDROP = 2
    POSE = 3
    NOISE = 4
    MODEL = 5


def generator(seed: int, stream: Stream, *indices: int) -> np.random.Generator:
    """Returns the generator of one stream, always in its initial state."""
    return np.random.default_rng([seed, int(stream), *indices])


def car_id(seed: int, labelled: bool, index: int) -> str:
    """Returns the car's name: 12 lowercase hex digits, as in Carvana."""
    key = f"studio car {seed} {'train' if labelled else 'test'} {index}".encode()
    return hashlib.blake2b(key, digest_size=6).hexdigest()
