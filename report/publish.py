"""Puts a run's report where a person looks for it."""

from pathlib import Path

from tfx import v1 as tfx

from serving.atomic_file import write_atomically

PAGE_FILE = "index.html"


def publish(report: str, destination: Path) -> Path:
    """Copies a report out of its artifact.

    Every file appears whole, the page itself last, so that at any time there is a page, the old one
    or the new, and what it links is there. Whatever else lies in the folder is left alone, but for
    pages of an older report.

    Args:
        report: The artifact, also of an earlier run whose report was taken from the cache.
        destination: Folder; made if needed.

    Returns:
        The page.

    Raises:
        FileNotFoundError: If the artifact holds no page.
    """
    fileio = tfx.dsl.io.fileio
    names = sorted(fileio.listdir(report), key=lambda name: (name == PAGE_FILE, name))
    if PAGE_FILE not in names:
        raise FileNotFoundError(f"{report} holds no {PAGE_FILE}")
    for name in names:
        with fileio.open(f"{report}/{name}", "rb") as file:
            write_atomically(destination / name, file.read())
    for path in destination.iterdir():
        if path.suffix == ".html" and path.name not in names:
            path.unlink()
    return destination / PAGE_FILE
