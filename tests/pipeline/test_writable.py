import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from apache_beam.io.filesystem import BeamIOError
from tfx.dsl.io import filesystem_registry

from pipeline.writable import NotWritable, check_replaceable, check_writable
from tests.components.bucket_filesystem import SCHEME, bucket_filesystem
from tests.components.memory_file_system import MemoryFileSystem

PROJECT = Path(__file__).parents[2]
_AS_SOMEBODY = """
import os, sys
from pathlib import Path
from pipeline.writable import NotWritable, check_replaceable, check_writable
os.setgid(65534), os.setuid(65534)
for check, path in ((check_writable, sys.argv[1]), (check_replaceable, Path(sys.argv[2]))):
    try:
        check(path)
    except NotWritable as error:
        print(error)
"""


class TestLocal:
    def test_a_folder_is_made_and_left_empty(self, tmp_path):
        check_writable(str(tmp_path / "runs" / "sample"))
        assert list((tmp_path / "runs" / "sample").iterdir()) == []

    def test_what_is_there_stays(self, tmp_path):
        (tmp_path / "mine").write_text("mine")
        check_writable(str(tmp_path))
        assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]

    @pytest.mark.parametrize("below", ["", "sample"])
    def test_a_file_in_its_place_is_refused(self, tmp_path, below):
        (tmp_path / "runs").write_text("a file")
        folder = os.path.join(tmp_path, "runs", below).rstrip("/")
        with pytest.raises(
            NotWritable,
            match=f"^{re.escape(folder)} cannot be written: (File exists|Not a directory); "
            "take another folder, or mend its permissions$",
        ):
            check_writable(folder)
        assert (tmp_path / "runs").read_text() == "a file"

    def test_a_file_system_that_takes_no_folders_is_refused(self):
        with pytest.raises(NotWritable, match=r"^/proc/sample cannot be written: No such file"):
            check_writable("/proc/sample")

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_a_folder_and_a_file_of_somebody_else_are_refused(self):
        # Not tmp_path: nobody else comes into that.
        with tempfile.TemporaryDirectory() as home:
            folder, file = Path(home, "runs"), Path(home, "metadata.sqlite")
            Path(home).chmod(0o755)
            folder.mkdir(mode=0o755)
            file.touch(0o644)
            told = subprocess.run(
                [sys.executable, "-c", _AS_SOMEBODY, str(folder), str(file)],
                cwd=PROJECT,
                capture_output=True,
                text=True,
                check=True,
            )
            first, second = told.stdout.splitlines()
            assert first == (
                f"{folder} cannot be written: Permission denied; take another folder, or mend its "
                "permissions"
            )
            assert second.startswith(f"{file} cannot be written: it belongs to somebody else")
            assert list(folder.iterdir()) == []

    def test_a_folder_in_place_of_a_file_is_refused(self, tmp_path):
        check_replaceable(tmp_path / "not there yet")
        with pytest.raises(NotWritable, match="is a folder where a file belongs; remove it"):
            check_replaceable(tmp_path)


class _Store(MemoryFileSystem):
    """``bucket://`` as Beam knows it."""

    refuses = False

    @classmethod
    def scheme(cls):
        return "bucket"

    def create(self, path, mime_type="application/octet-stream", compression_type="auto"):
        if self.refuses:
            raise BeamIOError("403 Forbidden")
        self.files[path] = b""
        return io.BytesIO()

    def delete(self, paths):
        for path in paths:
            del self.files[path]


class TestRemote:
    @pytest.fixture
    def bucket(self, tmp_path, monkeypatch):
        """The folder that TFX knows as ``bucket://``."""
        preferred = filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY._preferred_filesystem_by_scheme
        monkeypatch.setitem(preferred, SCHEME, bucket_filesystem(tmp_path))
        return tmp_path

    def test_both_probes_are_removed(self, bucket, monkeypatch):
        made = []
        monkeypatch.setattr(
            _Store, "delete", lambda self, paths: made.extend((paths, self.files.pop(paths[0])))
        )
        (bucket / "root").mkdir()
        check_writable("bucket://root/")
        [path] = made[0]
        assert path.startswith("bucket://root/.write_probe.")
        assert _Store.files == {}
        assert list((bucket / "root").iterdir()) == []

    def test_what_tfx_cannot_write_is_refused(self, bucket):
        (bucket / "root").write_text("a file")
        with pytest.raises(
            NotWritable,
            match=r"^bucket://root cannot be written through TFX: .*Not a directory.*\. Check the "
            "address, and that this account may write there$",
        ):
            check_writable("bucket://root")

    def test_what_beam_cannot_write_is_refused(self, bucket, monkeypatch):
        (bucket / "root").mkdir()
        monkeypatch.setattr(_Store, "refuses", True)
        with pytest.raises(
            NotWritable, match=r"^bucket://root cannot be written through Beam: 403 Forbidden"
        ):
            check_writable("bucket://root")

    def test_a_scheme_that_nobody_knows_is_refused(self):
        with pytest.raises(NotWritable, match=r"^nowhere://root cannot be written through TFX: "):
            check_writable("nowhere://root")
