"""Models and folders of photographs for all tests of batch inference."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.batch import exported_models


@pytest.fixture(scope="session")
def exported(tmp_path_factory) -> Callable[..., str]:
    """Exports a model once for all tests that ask for the same one."""
    made: dict[tuple, str] = {}

    def exported(**choices) -> str:
        key = tuple(sorted(choices.items()))
        if key not in made:
            folder: Path = tmp_path_factory.mktemp("models") / "1"
            made[key] = exported_models.export(folder, **choices)
        return made[key]

    return exported


@pytest.fixture
def photographs(tmp_path, image_file) -> Callable[..., Path]:
    """Writes photographs of as many seeds; returns their folder."""

    def photographs(count: int, width: int = 60, height: int = 40, name: str = "photos") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for seed in range(count):
            (folder / f"car_{seed:02}.jpg").write_bytes(image_file(width, height, seed))
        return folder

    return photographs
