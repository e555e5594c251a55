from __future__ import annotations

import dataclasses

import pytest

from studio.config import StudioConfig


def test_defaults_are_carvana_at_a_quarter_of_its_width():
    config = StudioConfig()
    assert (config.width, config.height, config.poses) == (480, 320, 16)
    assert config.photographs == (24 + 2) * 16


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("cars", 0, "at least 1"),
        ("test_cars", -1, "at least 0"),
        ("seed", -1, "at least 0"),
        ("width", 47, "from 48 to 4096"),
        ("height", 4097, "from 32 to 4096"),
        ("poses", 17, "from 1 to 16"),
        ("jpeg_quality", 101, "from 1 to 100"),
    ],
)
def test_a_value_out_of_range_is_named(field: str, value: int, allowed: str):
    with pytest.raises(ValueError, match=f"^{field} must be {allowed}, not {value}$"):
        StudioConfig(**{field: value})


@pytest.mark.parametrize("value", [1.0, "1", True, None])
def test_only_integers_are_taken(value: object):
    with pytest.raises(ValueError, match="^cars must be an integer, not "):
        StudioConfig(cars=value)


def test_a_config_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        StudioConfig().cars = 3
