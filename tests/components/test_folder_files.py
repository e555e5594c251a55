import os

import pytest

from components.folder_files import UnusableFolder, files_in, folders_in, has_folders, is_local
from tests.components.memory_file_system import FoldersFileSystem, MemoryFileSystem


@pytest.fixture(params=["local", "memory", "folders"])
def stored(request, tmp_path, monkeypatch):
    """Puts empty files somewhere; returns the folder's path."""
    systems = {"memory": MemoryFileSystem, "folders": FoldersFileSystem}

    def put(*names):
        if request.param == "local":
            for name in names:
                (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name).touch()
            return str(tmp_path)
        name = "photos [1]" if request.param == "memory" else "photos 1"
        folder = f"{request.param}://bucket/{name}"
        files = {f"{folder}/{name}": b"" for name in names}
        monkeypatch.setattr(systems[request.param], "files", files)
        return folder

    return put


def names(folder, place=""):
    return sorted(os.path.basename(file.path) for file in files_in(folder, place))


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # Beam, of an escaped [.
class TestAnywhere:
    def test_one_level_without_hidden_files(self, stored):
        folder = stored("train/a.jpg", "train/b [2].jpg", "train/.c.jpg", "train/more/d.jpg")
        found = set(names(folder, "train"))
        assert found - {"more"} == {"a.jpg", "b [2].jpg"}

    def test_paths_can_be_opened_again(self, stored):
        folder = stored("train/a.jpg")
        [file] = files_in(folder, "train")
        assert file.path == f"{folder}/train/a.jpg"

    def test_a_folder_that_is_not_there_is_empty(self, stored):
        folder = stored("metadata.csv")
        assert names(folder, "train") == []


class TestLocal:
    def test_folders_beside_are_not_walked(self, tmp_path, monkeypatch):
        (tmp_path / "test" / "deeper").mkdir(parents=True)
        (tmp_path / "test" / "a_01.jpg").touch()
        (tmp_path / "metadata.csv").touch()
        scanned = []
        scandir = os.scandir

        def record(path):
            scanned.append(path)
            return scandir(path)

        def never(*_, **__):
            raise AssertionError("walked the tree")

        monkeypatch.setattr(os, "scandir", record)
        monkeypatch.setattr(os, "walk", never)
        assert names(str(tmp_path)) == ["metadata.csv"]
        assert scanned == [str(tmp_path)]

    def test_a_file_that_goes_meanwhile_is_passed_over(self, tmp_path):
        for number in range(3):
            (tmp_path / f"{number}.jpg").touch()
        files = files_in(str(tmp_path))
        next(files)
        for path in tmp_path.iterdir():
            path.unlink()
        assert list(files) == []

    @pytest.mark.parametrize("target", ["nowhere", "a_01.jpg"])
    def test_a_link_that_leads_nowhere_is_there(self, tmp_path, target):
        (tmp_path / "a_01.jpg").symlink_to(target)  # The second leads to itself.
        [file] = files_in(str(tmp_path))
        assert file.path == str(tmp_path / "a_01.jpg")

    def test_links_are_followed(self, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "a.jpg").write_bytes(b"123")
        (tmp_path / "train").symlink_to(tmp_path / "elsewhere")
        (tmp_path / "b.jpg").symlink_to(tmp_path / "elsewhere" / "a.jpg")
        assert names(str(tmp_path), "train") == ["a.jpg"]
        [file] = files_in(str(tmp_path))
        assert (os.path.basename(file.path), file.size_in_bytes) == ("b.jpg", 3)

    def test_a_folder_behind_a_broken_link_is_an_error(self, tmp_path):
        (tmp_path / "train").symlink_to("nowhere")
        with pytest.raises(UnusableFolder, match="/train: is a link that leads to no folder"):
            names(str(tmp_path), "train")

    def test_a_folder_that_may_not_be_read_is_an_error(self, tmp_path, monkeypatch):
        def refuse(_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "scandir", refuse)
        with pytest.raises(UnusableFolder, match="/train: cannot be listed: Permission denied"):
            names(str(tmp_path), "train")

    def test_folders_in(self, tmp_path):
        for name in ("span-1", "span-2", ".hidden"):
            (tmp_path / name).mkdir()
        (tmp_path / "span-3").touch()
        (tmp_path / "span-4").symlink_to("span-1")
        assert sorted(folders_in(str(tmp_path))) == ["span-1", "span-2", "span-4"]


class TestRemote:
    def test_an_object_that_stands_for_the_folder_is_none(self, monkeypatch):
        files = {"memory://b/train/": b"", "memory://b/train/a.jpg": b""}
        monkeypatch.setattr(MemoryFileSystem, "files", files)
        assert names("memory://b", "train") == ["a.jpg"]

    def test_an_unknown_scheme_is_an_error(self):
        with pytest.raises(UnusableFolder, match="ftp://host/photos: Unable to get filesystem"):
            names("ftp://host/photos")
        with pytest.raises(UnusableFolder, match="ftp://host"):
            has_folders("ftp://host/photos")

    def test_a_wildcard_in_a_folders_name_is_told_where_beam_cannot_escape_it(self, monkeypatch):
        monkeypatch.setattr(FoldersFileSystem, "files", {"folders://b/p[1]/train/a.jpg": b""})
        with pytest.raises(UnusableFolder, match=r"folders://b/p\[1\]: Beam lists no folder here"):
            names("folders://b/p[1]", "train")

    def test_is_local(self):
        assert [is_local(path) for path in ("photos", "/a b", "C:x", "gs://b", "hdfs://h/x")] == [
            True,
            True,
            True,
            False,
            False,
        ]
