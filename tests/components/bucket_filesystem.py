"""A folder that TFX knows as ``bucket://``, to see that a step works where nothing is local."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfx.dsl.io.plugins.local import LocalFilesystem

SCHEME = "bucket://"
_TRANSLATED = (
    *("open", "copy", "exists", "isdir", "makedirs"),
    *("mkdir", "remove", "rename", "rmtree", "stat"),
)


def bucket_filesystem(folder: Path) -> type[LocalFilesystem]:
    """Makes a file system plugin of TFX; its listings end folders with a slash, as GCS's do."""

    def here(path: str) -> str:
        return path.replace(SCHEME, f"{folder}/", 1) if path.startswith(SCHEME) else path

    def translated(name: str) -> staticmethod:
        def call(*arguments: Any, **more: Any) -> Any:
            paths = (here(each) if isinstance(each, str) else each for each in arguments)
            return getattr(LocalFilesystem, name)(*paths, **more)

        return staticmethod(call)

    class Bucket(LocalFilesystem):
        @staticmethod
        def listdir(path: str) -> list[str]:
            entries = Path(here(path)).iterdir()
            return [f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries]

        @staticmethod
        def walk(top: str, **more: Any) -> Iterator[tuple[str, list[str], list[str]]]:
            for place, folders, names in LocalFilesystem.walk(here(top), **more):
                yield place.replace(f"{folder}/", SCHEME, 1), folders, names

    for name in _TRANSLATED:
        setattr(Bucket, name, translated(name))
    return Bucket
