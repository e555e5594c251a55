"""Reads TFRecord files from wherever Beam can read, up to where they are broken."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

import tensorflow as tf
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from components.folder_files import is_local
from components.quarantine import QuarantinedFile, Reason


def read_record_file(path: str) -> Iterator[bytes | QuarantinedFile]:
    """Yields the records of a file one at a time; where it is broken, that instead of the rest.

    Args:
        path: A TFRecord file, gzipped if its name ends in ``.gz``; a local path or a URL.
    """
    compression = "GZIP" if path.lower().endswith(".gz") else ""
    try:
        with _local_copy(path) as local:
            yield from tf.data.TFRecordDataset(local, compression).as_numpy_iterator()
    except (OSError, tf.errors.OpError) as error:
        first_line = str(getattr(error, "message", error)).partition("\n")[0]
        yield QuarantinedFile(
            path, Reason.UNREADABLE, f"broken record file, the rest of it is lost: {first_line}"
        )


@contextlib.contextmanager
def _local_copy(path: str) -> Iterator[str]:
    """Gives the file itself where it is local: TensorFlow reads fewer file systems than Beam."""
    if is_local(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="studio-mask-") as folder:
        copy = os.path.join(folder, "records")
        with (
            FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as remote,
            open(copy, "wb") as local,
        ):
            shutil.copyfileobj(remote, local)
        yield copy
