import os

import pytest

from batch.listing import list_photographs
from components.folder_files import UnusableFolder
from components.quarantine import QuarantinedFile, Reason
from tests.components.memory_file_system import FoldersFileSystem, MemoryFileSystem


@pytest.fixture
def put(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def put(*names):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())

    return put


def names(*inputs, output="out", as_pictures=False):
    listing = list_photographs(inputs, output, as_pictures=as_pictures)
    return [each.name for each in listing.photographs]


FILES = (
    "photos/b.PNG",
    "photos/a.jpg",
    "photos/more/c.jpg",
    "photos/more/deep/d.jpg",
    "photos/.hidden.jpg",
    "photos/.hidden/e.jpg",
    "photos/more/.hidden/f.jpg",
)
EXPECTED = [
    ("photos", ["a.jpg", "b.PNG"]),
    ("photos/", ["a.jpg", "b.PNG"]),
    ("photos/a.jpg", ["a.jpg"]),
    ("photos/*.jpg", ["a.jpg"]),
    ("photos/*/*.jpg", ["more/c.jpg"]),
    ("photos/m*/c.jpg", ["more/c.jpg"]),
    ("photos/**/*.jpg", ["a.jpg", "more/c.jpg", "more/deep/d.jpg"]),
    ("photos/**/deep/*", ["more/deep/d.jpg"]),
    ("photos/**/**", ["a.jpg", "b.PNG", "more/c.jpg", "more/deep/d.jpg"]),
    ("photos/**", ["a.jpg", "b.PNG", "more/c.jpg", "more/deep/d.jpg"]),
    ("photos/more?*.jpg", []),
    ("p?otos/[ab].*", ["photos/a.jpg", "photos/b.PNG"]),
    ("**/d*.jpg", ["photos/more/deep/d.jpg"]),
]


@pytest.mark.parametrize(("text", "expected"), EXPECTED)
def test_folders_files_and_patterns(put, text, expected):
    put(*FILES)
    if expected:
        assert names(text) == expected
    else:
        with pytest.raises(UnusableFolder, match="no file in it"):
            names(text)


@pytest.mark.parametrize(("text", "expected"), EXPECTED)
def test_in_an_object_store_they_mean_the_same(monkeypatch, text, expected):
    files = {f"memory://box/{name}": b"1" for name in (*FILES, "photos/more/")}
    monkeypatch.setattr(MemoryFileSystem, "files", files)
    if expected:
        assert names(f"memory://box/{text}") == expected
    else:
        with pytest.raises(UnusableFolder, match="no file in it"):
            names(f"memory://box/{text}")


def test_only_names_that_begin_as_the_pattern_does_are_fetched(monkeypatch):
    monkeypatch.setattr(MemoryFileSystem, "files", {"memory://box/photos/a_1.jpg": b"1"})
    monkeypatch.setattr(MemoryFileSystem, "listed", [])
    assert names("memory://box/photos/a_*.jpg") == ["a_1.jpg"]
    assert MemoryFileSystem.listed == ["memory://box/photos/a_"]


class TestRemoteFolders:
    @pytest.fixture(autouse=True)
    def files(self, monkeypatch):
        monkeypatch.setattr(FoldersFileSystem, "files", {f"folders://h/{p}": b"1" for p in FILES})

    @pytest.mark.parametrize("text", ["photos/*.jpg", "photos/?.jpg", "photos/[ab].jpg"])
    def test_a_pattern_of_files(self, text):
        assert names(f"folders://h/{text}") == ["a.jpg"]

    @pytest.mark.parametrize("text", ["photos/*/*.jpg", "photos/**", "*/a.jpg", "photos/**/a.jpg"])
    def test_a_pattern_of_folders_is_refused(self, text):
        with pytest.raises(UnusableFolder, match="give each folder as an --input of its own"):
            names(f"folders://h/{text}")


def test_paths_are_absolute_and_sizes_those_of_the_files(put, tmp_path):
    put("photos/a.jpg")
    [found] = list_photographs(["photos"], "out", as_pictures=False).photographs
    assert (found.path, found.size) == (str(tmp_path / "photos" / "a.jpg"), len("photos/a.jpg"))


@pytest.mark.parametrize("text", ["photos", "photos/a.jpg", "photos/link.jpg", "*/a.jpg"])
def test_when_a_file_was_changed(put, tmp_path, text):
    put("photos/a.jpg")
    (tmp_path / "photos" / "link.jpg").symlink_to("a.jpg")
    os.utime(tmp_path / "photos" / "a.jpg", (1, 12.5))
    found = list_photographs([text], "out", as_pictures=False).photographs
    assert {(each.size, each.changed) for each in found} == {(len("photos/a.jpg"), 12.5)}


def test_the_runs_own_files_are_passed_over(put):
    put("photos/a.jpg", "photos/out/masks/a.png", "photos/out.log", "photos/other.log")
    listing = list_photographs(["photos/**"], "photos/out", as_pictures=False)
    assert [each.name for each in listing.photographs] == ["a.jpg"]
    assert [each.file.rpartition("/")[2] for each in listing.quarantined] == ["other.log"]


def test_a_folder_whose_name_looks_like_a_pattern(put):
    put("photos [1]/a.jpg")
    assert names("photos [1]") == ["a.jpg"]


@pytest.mark.parametrize("output", ["photos", "photos/../photos/", "link"])
def test_the_output_is_no_input(put, tmp_path, output):
    put("photos/a.jpg")
    (tmp_path / "link").symlink_to("photos")
    with pytest.raises(UnusableFolder, match="photos is both --input and --output: choose another"):
        names("photos", output=output)


def test_a_pattern_of_which_all_lies_in_the_output(put):
    put("photos/a.jpg")
    with pytest.raises(UnusableFolder, match="all of it lies in the --output: choose another"):
        names("photos/*.jpg", output="photos")


def test_several_inputs_and_none_twice(put):
    put("one/b.jpg", "two/a.jpg")
    assert names("one", "two", "one/*.jpg") == ["a.jpg", "b.jpg"]


def test_what_lies_in_the_output_is_passed_over(put):
    put("photos/a.jpg", "photos/out/masks/a.png")
    assert names("photos/**", output="photos/out") == ["a.jpg"]


def test_other_files_are_set_aside(put, tmp_path):
    put("photos/a.jpg", "photos/notes.txt", "photos/b.gif")
    listing = list_photographs(["photos"], "out", as_pictures=False)
    assert listing.quarantined == tuple(
        QuarantinedFile(
            str(tmp_path / "photos" / name), Reason.STRAY_FILE, "expected *.jpg, *.jpeg or *.png"
        )
        for name in ("b.gif", "notes.txt")
    )


class TestDuplicates:
    def test_two_photographs_of_one_name(self, put, tmp_path):
        put("one/a.jpg", "two/a.jpg")
        listing = list_photographs(["one", "two"], "out", as_pictures=False)
        assert [each.path for each in listing.photographs] == [str(tmp_path / "one/a.jpg")]
        assert listing.quarantined == (
            QuarantinedFile(
                str(tmp_path / "two/a.jpg"),
                Reason.DUPLICATE_ID,
                f"{tmp_path}/one/a.jpg would have the same result",
            ),
        )

    def test_two_kinds_of_one_name_have_rows_of_their_own(self, put):
        put("one/a.jpg", "one/a.png")
        assert names("one") == ["a.jpg", "a.png"]

    def test_but_not_pictures(self, put):
        put("one/a.jpg", "one/a.png")
        assert names("one", as_pictures=True) == ["a.jpg"]


def test_a_name_with_a_line_break(put):
    put("one/a\nb.jpg")
    [aside] = list_photographs(["one"], "out", as_pictures=False).quarantined
    assert aside.reason is Reason.NAME


def test_a_link_that_leads_nowhere_is_a_photograph_that_cannot_be_read(put, tmp_path):
    put("one/a.jpg")
    (tmp_path / "one" / "b.jpg").symlink_to("nowhere")
    assert names("one") == ["a.jpg", "b.jpg"]
    assert names("one/b.jpg") == ["b.jpg"]


@pytest.mark.parametrize("text", ["nowhere", "photos/*.bmp", "nowhere/*.jpg", "photos/empty"])
def test_nothing_there(put, tmp_path, text):
    put("photos/a.jpg")
    (tmp_path / "photos" / "empty").mkdir()
    with pytest.raises(UnusableFolder, match="no file in it; give a folder, a file or a pattern"):
        names(text)


@pytest.mark.parametrize("text", ["locked", "locked/*.jpg", "**/*.jpg"])
def test_a_folder_that_may_not_be_read_is_not_passed_over(put, monkeypatch, text):
    put("locked/a.jpg", "open/b.jpg")
    scandir = os.scandir

    def refuse(path):
        if os.path.basename(path) == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UnusableFolder, match="locked: cannot be listed: Permission denied"):
        names(text)


class TestObjectStore:
    @pytest.fixture(autouse=True)
    def files(self, monkeypatch):
        paths = ("a.jpg", "more/b.jpg", "notes.txt")
        monkeypatch.setattr(MemoryFileSystem, "files", {f"memory://box/{p}": b"1" for p in paths})

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("memory://box", ["a.jpg"]),
            ("memory://box/*.jpg", ["a.jpg"]),
            ("memory://box/more/b.jpg", ["b.jpg"]),
        ],
    )
    def test_names(self, text, expected):
        assert names(text) == expected

    def test_when_an_object_was_changed(self):
        [found] = list_photographs(["memory://box"], "out", as_pictures=False).photographs
        assert found.changed == float(ord("1"))

    def test_the_output_is_no_input(self):
        with pytest.raises(UnusableFolder, match="memory://box/ is both --input and --output"):
            names("memory://box/", output="memory://box")

    def test_a_scheme_that_nobody_knows(self):
        with pytest.raises(UnusableFolder, match="nosuch://box"):
            names("nosuch://box")
