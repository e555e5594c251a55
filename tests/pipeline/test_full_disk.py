import errno
import os
import subprocess
import tempfile

import pytest
import tensorflow as tf
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.full_disk import full_disk

LINE = (
    r"no space is left on the disk of {} \([\d,]+ MiB are free now that what was begun is "
    r"removed\)\. Make room there and run the same command again: finished steps are kept"
)


@pytest.fixture
def says(tmp_path):
    """Asserts that an error is taken for a full disk of a folder."""

    def says(error, where=tmp_path):
        line = full_disk(error, tmp_path)
        assert line is not None
        assert f"the disk of {where} (" in line
        assert line.endswith("run the same command again: finished steps are kept")

    return says


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 256 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_an_error_of_the_operating_system(says, number):
    says(OSError(number, os.strerror(number), "examples"))


def test_an_error_that_names_a_folder_of_temporary_files(says):
    path = os.path.join(tempfile.gettempdir(), "server_check", "x")
    says(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path), where=tempfile.gettempdir())


def test_an_error_that_another_was_raised_from_or_after(says):
    def step(after):
        try:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            if after:
                raise RuntimeError("while it was cleared away")  # noqa: B904
            raise RuntimeError("the step") from error

    for after in (True, False):
        with pytest.raises(RuntimeError) as raised:
            step(after)
        says(raised.value)


def test_beams_text_of_it(says):
    says(RuntimeError("OSError: [Errno 28] No space left on device [while running 'Write']"))


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EACCES, os.strerror(errno.EACCES), "No space"),
        ValueError("28"),
        RuntimeError("space"),
    ],
)
def test_another_error_is_none(tmp_path, error):
    assert full_disk(error, tmp_path) is None


def test_what_tensorflow_raises_on_a_full_disk(says, tiny_disk):
    def write():
        with tf.io.TFRecordWriter(str(tiny_disk / "records.gz"), "GZIP") as writer:
            for _ in range(100):
                writer.write(os.urandom(100_000))
                writer.flush()

    with pytest.raises(tf.errors.OpError) as raised:
        write()
    says(raised.value)


def test_what_ml_metadata_raises_on_a_full_disk(says, tiny_disk):
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tiny_disk / "metadata.sqlite")
    config.sqlite.connection_mode = 3
    with pytest.raises(Exception, match="disk is full") as raised:
        metadata_store.MetadataStore(config)
    says(raised.value)
