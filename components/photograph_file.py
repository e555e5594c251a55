"""Reads a photograph's or a mask's file from wherever Beam can read."""

import os

from apache_beam.io.filesystems import FileSystems

from components.quarantine import Reason, UnusablePhotograph


def read_photograph_file(path: str) -> bytes:
    """Reads a file as it is.

    Args:
        path: A local path, or one with the scheme of a file system that Beam knows.

    Returns:
        Its bytes.

    Raises:
        UnusablePhotograph: If it cannot be read, with its name and the reason.
    """
    try:
        with FileSystems.open(path, mime_type="application/octet-stream") as file:
            return bytes(file.read())
    except Exception as error:  # noqa: BLE001 - each file system's client raises its own
        said = " ".join(str(error).split()) or type(error).__name__
        raise UnusablePhotograph(Reason.UNREADABLE, f"{os.path.basename(path)}: {said}") from error
