"""Models and folders of photographs for all tests of batch inference."""

import functools
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from apache_beam.io.filesystem import CompressedFile, CompressionTypes
from rich.console import Console

from batch import mask_handler, mask_maker
from batch.batch_command import run_batch
from batch.batch_options import BatchOptions
from tests.batch import exported_models
from tests.components.memory_file_system import MemoryFileSystem


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


@pytest.fixture(scope="session")
def loaded() -> Callable[..., mask_maker.MaskMaker]:
    """Loads a model once for all runs, which takes longer than all else that they do."""
    return functools.cache(mask_maker.load_mask_maker)


@pytest.fixture
def run(tmp_path, exported, loaded, monkeypatch) -> Callable[..., tuple[int, str, Path]]:
    """Does a whole run in this process; returns exit code, screen, and the output folder."""
    monkeypatch.setattr(mask_handler, "load_mask_maker", loaded)

    def run(folder: Path, **choices) -> tuple[int, str, Path]:
        choices = {"models": (exported(),), "kind": "rle", "shard_size": 3} | choices
        options = BatchOptions(
            inputs=(str(folder),), output=str(tmp_path / "out"), batch_size=2, **choices
        )
        screen = io.StringIO()
        code = run_batch(options, Console(file=screen, width=400), tmp_path / "out.log")
        return code, screen.getvalue(), tmp_path / "out"

    return run


@pytest.fixture
def writable(monkeypatch) -> Callable[[type[MemoryFileSystem]], dict[str, bytes]]:
    """Lets a file system in memory be written; returns its files by URL.

    As those of Beam do, it packs and unpacks files whose names say so, unless told not to.
    """

    class Writer(io.BytesIO):
        def __init__(self, files: dict[str, bytes], path: str) -> None:
            super().__init__()
            self._files, self._path = files, path

        def close(self) -> None:
            self._files[self._path] = self.getvalue()
            super().close()

    def packed(file: io.BytesIO, path: str, compression_type: str) -> object:
        if compression_type == CompressionTypes.AUTO:
            compression_type = CompressionTypes.detect_compression_type(path)
        if compression_type == CompressionTypes.UNCOMPRESSED:
            return file
        return CompressedFile(file, compression_type)

    def writable(kind: type[MemoryFileSystem]) -> dict[str, bytes]:
        files: dict[str, bytes] = {}

        def create(_, path, mime_type="", compression_type=CompressionTypes.AUTO):
            return packed(Writer(files, path), path, compression_type)

        def read(_, path, mime_type="", compression_type=CompressionTypes.AUTO):
            return packed(io.BytesIO(files[path]), path, compression_type)

        def rename(_, sources, targets):
            for source, target in zip(sources, targets, strict=True):
                assert target not in files
                files[target] = files.pop(source)

        def delete(_, paths):
            for path in paths:
                del files[path]

        for name, function in {
            "files": files,
            "create": create,
            "open": read,
            "rename": rename,
            "delete": delete,
        }.items():
            monkeypatch.setattr(kind, name, function)
        return files

    return writable
