"""A tiny rendering, made once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.config import StudioConfig
from studio.dataset import render_dataset

TINY = StudioConfig(cars=2, test_cars=1, seed=3, width=96, height=64, poses=4)


@pytest.fixture(scope="session")
def tiny_config() -> StudioConfig:
    return TINY


@pytest.fixture(scope="session")
def tiny_rendering(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_dataset(tmp_path_factory.mktemp("studio") / "tiny", TINY)
