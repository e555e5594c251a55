"""Turns counts into shares, so that a few cars and thousands can be compared."""

from collections.abc import Mapping
from typing import TypeVar

_Key = TypeVar("_Key")


def shares_of(counts: Mapping[_Key, int]) -> dict[_Key, float]:
    """Returns each count over their sum, 0..1; nothing where there is none."""
    total = sum(counts.values())
    return {key: count / total for key, count in counts.items()} if total else {}
