"""Two file systems in memory, as evidence that any that Beam knows will do.

``memory://`` is an object store as ``gs://`` and ``s3://`` are: names that begin alike are all that
there is of a folder. ``folders://`` knows folders as ``hdfs://`` does, and lists them among files.
"""

import io
import posixpath
from typing import ClassVar

from apache_beam.io.filesystem import BeamIOError, FileMetadata, FileSystem


class MemoryFileSystem(FileSystem):
    """An object store; keeps what is put into ``files``."""

    files: ClassVar[dict[str, bytes]] = {}
    listed: ClassVar[list[str]] = []

    @classmethod
    def scheme(cls):
        return "memory"

    def join(self, basepath, *paths):
        return "/".join([basepath.rstrip("/"), *(path.strip("/") for path in paths)])

    def split(self, path):
        return posixpath.split(path)

    def mkdirs(self, path):
        pass

    def has_dirs(self):
        return False

    def _list(self, dir_or_prefix):
        self.listed.append(dir_or_prefix)
        for path in self.files:
            if path.startswith(dir_or_prefix):
                yield self.metadata(path)

    def open(self, path, mime_type="application/octet-stream", compression_type="auto"):
        if path not in self.files:
            raise BeamIOError(f"no such object: {path}")
        return io.BytesIO(self.files[path])

    def exists(self, path):
        return path in self.files

    def size(self, path):
        return len(self.files[path])

    def last_updated(self, path):
        return float(sum(self.files[path]))

    def checksum(self, path):
        raise NotImplementedError

    def metadata(self, path):
        return FileMetadata(path, self.size(path), self.last_updated(path))

    def create(self, path, mime_type="application/octet-stream", compression_type="auto"):
        raise NotImplementedError

    def copy(self, source_file_names, destination_file_names):
        raise NotImplementedError

    def rename(self, source_file_names, destination_file_names):
        raise NotImplementedError

    def delete(self, paths):
        raise NotImplementedError


class FoldersFileSystem(MemoryFileSystem):
    """One with folders: lists one level."""

    files: ClassVar[dict[str, bytes]] = {}
    listed: ClassVar[list[str]] = []

    @classmethod
    def scheme(cls):
        return "folders"

    def has_dirs(self):
        return True

    def exists(self, path):
        return any(each == path or each.startswith(f"{path}/") for each in self.files)

    def _list(self, dir_or_prefix):
        if not self.exists(dir_or_prefix):
            raise BeamIOError(f"no such folder: {dir_or_prefix}")
        self.listed.append(dir_or_prefix)
        inside = {
            path[len(dir_or_prefix) + 1 :].partition("/")[0]
            for path in self.files
            if path.startswith(f"{dir_or_prefix}/")
        }
        for name in inside:
            path = f"{dir_or_prefix}/{name}"
            yield self.metadata(path) if path in self.files else FileMetadata(path, 0, 0.0)
