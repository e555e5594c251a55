"""Finds out before any work that a folder cannot be written, local or remote.

Without it a run says so after minutes, from within a library, in the step that writes first.
"""

import errno
import os
import uuid
from pathlib import Path

_PROBE = ".write_probe"


class NotWritable(ValueError):
    """Nothing can be written to a folder or over a file; the message says why and what to do."""


def check_writable(root: str) -> None:
    """Writes a small file to a folder, and removes it.

    A local folder is made if it is not there. For a URL the file is written twice, since the steps
    of a pipeline write in two ways: through TFX's ``fileio``, and through Beam.

    Args:
        root: A local path, or a URL such as ``gs://bucket/pipelines`` that TFX and Beam know.

    Raises:
        NotWritable: If that fails.
    """
    name = f"{_PROBE}.{uuid.uuid4().hex}"
    if "://" not in root:
        _probe_local(Path(root), name)
        return
    # Imported here: a local run says what is wrong before it loads them, which takes seconds.
    from apache_beam.io.filesystems import FileSystems
    from tfx import v1 as tfx

    fileio = tfx.dsl.io.fileio
    url = f"{root.rstrip('/')}/{name}"
    try:
        with fileio.open(url, "wb") as file:
            file.write(b"\n")
        fileio.remove(url)
    except Exception as error:  # noqa: BLE001 - each file system raises its own
        raise _remote(root, "TFX", error) from error
    try:
        # Beam opens a file in a folder only where that is one; TFX's probe made it.
        with FileSystems.create(url) as channel:
            channel.write(b"\n")
        FileSystems.delete([url])
    except Exception as error:  # noqa: BLE001 - as above
        raise _remote(root, "Beam", error) from error


def check_replaceable(path: Path) -> None:
    """Makes sure that a file can be written over, if it is there.

    Args:
        path: The file; nothing is written.

    Raises:
        NotWritable: If it is no file, or belongs to somebody else.
    """
    if path.is_dir():
        raise NotWritable(f"{path} is a folder where a file belongs; remove it")
    if path.exists() and not os.access(path, os.W_OK):
        raise NotWritable(
            f"{path} cannot be written: it belongs to somebody else, or is read-only. Mend its "
            "permissions, or take another folder"
        )


def _probe_local(folder: Path, name: str) -> None:
    probe = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            # A byte: on a full disk an empty file can still be made.
            probe.write_bytes(b"\n")
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        remedy = (
            "make room, or take another folder"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else "take another folder, or mend its permissions"
        )
        what = error.strerror or str(error)
        raise NotWritable(f"{folder} cannot be written: {what}; {remedy}") from error


def _remote(root: str, library: str, error: Exception) -> NotWritable:
    reason = " ".join(str(error).split()) or type(error).__name__
    return NotWritable(
        f"{root} cannot be written through {library}: {reason}. Check the address, and that this "
        "account may write there"
    )
