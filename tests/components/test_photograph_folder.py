import os

import pytest

from components.photograph_folder import UnusableFolder, fingerprint, list_folder
from components.quarantine import Reason


def names(listing):
    """The outcome by file name: ids of photographs, reasons of the rest."""
    outcome = {os.path.basename(photo.image_path): photo.image_id for photo in listing.photographs}
    return outcome | {os.path.basename(file.file): file.reason for file in listing.quarantined}


@pytest.fixture
def empty_files(folder_of):
    """Writes a folder of empty files: a listing reads names only."""

    def write(images, masks, metadata=None, name="photographs"):
        contents = [dict.fromkeys(files, b"") for files in (images, masks)]
        return folder_of(*contents, metadata, name)

    return write


def test_a_photograph_with_its_mask_and_metadata(empty_files):
    folder = empty_files(
        ["0cdf5b5d0ce1_07.jpg"],
        ["0cdf5b5d0ce1_07_mask.gif"],
        [{"id": "0cdf5b5d0ce1", "year": "2012", "make": "Acme", "model": "Roadster"}],
    )
    listing = list_folder(str(folder))
    [photograph] = listing.photographs
    assert photograph.image_path == str(folder / "train" / "0cdf5b5d0ce1_07.jpg")
    assert photograph.mask_path == str(folder / "train_masks" / "0cdf5b5d0ce1_07_mask.gif")
    assert photograph.image_id == "0cdf5b5d0ce1_07"
    assert photograph.group_id == "0cdf5b5d0ce1"
    assert photograph.pose == 7
    assert (photograph.make, photograph.model, photograph.year) == ("Acme", "Roadster", 2012)
    assert listing.quarantined == listing.groups_without_metadata == listing.records == ()


def test_every_reason_to_set_a_file_aside(empty_files):
    folder = empty_files(
        [
            "good_01.jpg",
            "jpeg_02.JPEG",
            "png_03.png",
            "twice_01.jpg",
            "twice_01.png",
            "no_mask_04.jpg",
            "nopose.jpg",
            "pose_00.jpg",
            "pose_17.jpg",
            "pose_123.jpg",
            "pose_1.jpg",
            "pose_\u0661\u0661.jpg",
            "_01.jpg",
            "notes.txt",
            "noextension",
        ],
        [
            "good_01_mask.gif",
            "jpeg_02_mask.GIF",
            "png_03_mask.png",
            "twice_01_mask.gif",
            "orphan_09_mask.gif",
            "good_01_mask.png",
            "nopose_mask.gif",
            "pose_00_mask.gif",
            "pose_17_mask.gif",
            "pose_123_mask.gif",
            "pose_1_mask.gif",
            "pose_\u0661\u0661_mask.gif",
            "_01_mask.gif",
            "no_ending_05.gif",
            "wrong_06_mask.jpg",
        ],
    )
    listing = list_folder(str(folder))
    assert names(listing) == {
        "good_01.jpg": "good_01",
        "jpeg_02.JPEG": "jpeg_02",
        "png_03.png": "png_03",
        "twice_01.jpg": "twice_01",
        "twice_01.png": Reason.DUPLICATE_ID,
        "no_mask_04.jpg": Reason.MISSING_MASK,
        "nopose.jpg": Reason.NAME,
        "pose_00.jpg": Reason.NAME,
        "pose_17.jpg": Reason.NAME,
        "pose_123.jpg": Reason.NAME,
        "pose_1.jpg": Reason.NAME,
        "pose_\u0661\u0661.jpg": Reason.NAME,
        "_01.jpg": Reason.NAME,
        "notes.txt": Reason.STRAY_FILE,
        "noextension": Reason.STRAY_FILE,
        "orphan_09_mask.gif": Reason.ORPHAN_MASK,
        "good_01_mask.png": Reason.DUPLICATE_ID,
        "no_ending_05.gif": Reason.STRAY_FILE,
        "wrong_06_mask.jpg": Reason.STRAY_FILE,
    }


def test_details_say_what_was_expected(empty_files):
    folder = empty_files(["a_01.jpg", "a_01.png", "b_02.jpg", "c.tiff", "d.jpg"], ["a_01_mask.gif"])
    details = {
        os.path.basename(file.file): file.detail for file in list_folder(str(folder)).quarantined
    }
    assert details == {
        "a_01.png": "a_01.jpg has the same id",
        "b_02.jpg": "no train_masks/b_02_mask.gif or .png",
        "c.tiff": "expected *.jpg or *.jpeg or *.png",
        "d.jpg": "expected <car id>_<pose 01..16>",
    }


def test_photographs_are_sorted_by_id_and_keep_their_own_masks(empty_files):
    ids = ["b_02", "a_10", "a_09", "b_01"]
    folder = empty_files([f"{each}.jpg" for each in ids], [f"{each}_mask.png" for each in ids])
    listing = list_folder(str(folder))
    assert [photograph.image_id for photograph in listing.photographs] == sorted(ids)
    for photograph in listing.photographs:
        assert photograph.mask_path.endswith(f"/{photograph.image_id}_mask.png")


def test_a_car_id_may_hold_underscores_spaces_and_any_letter(empty_files):
    ids = ["left_front_01", "car 7_02", "Citroën_03", "車_04", "a.b_05"]
    folder = empty_files(
        [f"{each}.jpg" for each in ids],
        [f"{each}_mask.gif" for each in ids],
        name="Fotos für März 2024",
    )
    listing = list_folder(str(folder))
    assert listing.quarantined == ()
    assert {photograph.group_id for photograph in listing.photographs} == {
        "left_front",
        "car 7",
        "Citroën",
        "車",
        "a.b",
    }


@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")  # Beam, of an escaped [.
@pytest.mark.parametrize("name", ["photographs [2024]", "[abc]", "what?", "a*b"])
def test_a_folders_name_is_no_pattern(empty_files, name):
    folder = empty_files(["a_01.jpg"], ["a_01_mask.gif"], name=name)
    assert names(list_folder(str(folder))) == {"a_01.jpg": "a_01"}


def test_hidden_files_are_ignored(empty_files):
    folder = empty_files(
        ["a_01.jpg", ".DS_Store", "._a_01.jpg"], ["a_01_mask.gif", ".a_01_mask.gif.part"]
    )
    (folder / ".hidden.tfrecord").touch()
    assert names(list_folder(str(folder))) == {"a_01.jpg": "a_01"}


def test_folders_in_between_are_not_searched(empty_files):
    folder = empty_files(["a_01.jpg"], ["a_01_mask.gif"])
    (folder / "train" / "b_02.jpg").mkdir()
    (folder / "train" / "more").mkdir()
    (folder / "train" / "more" / "c_03.jpg").touch()
    assert names(list_folder(str(folder))) == {"a_01.jpg": "a_01"}


def test_a_name_that_is_no_unicode_is_set_aside(empty_files):
    folder = empty_files([], [])
    for name in (b"train/caf\xe9_01.jpg", b"train_masks/caf\xe9_01_mask.gif"):
        with open(os.path.join(os.fsencode(folder), name), "wb"):
            pass
    [file] = list_folder(str(folder)).quarantined
    assert file.reason == Reason.NAME
    assert file.file.endswith(r"train/caf\xe9_01.jpg")
    assert len(fingerprint(str(folder))) == 64


def test_a_link_that_leads_nowhere_is_listed_to_be_set_aside_when_it_is_read(empty_files):
    folder = empty_files(["b_01.jpg"], ["a_01_mask.gif", "b_01_mask.gif"])
    (folder / "train" / "a_01.jpg").symlink_to("nowhere.jpg")
    assert names(list_folder(str(folder))) == {"a_01.jpg": "a_01", "b_01.jpg": "b_01"}
    assert len(fingerprint(str(folder))) == 64


def test_the_unlabelled_photographs_are_not_looked_at(empty_files, monkeypatch):
    folder = empty_files(["a_01.jpg"], ["a_01_mask.gif"])
    (folder / "test").mkdir()
    scandir, scanned = os.scandir, []

    def record(path):
        scanned.append(os.path.basename(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", record)
    monkeypatch.delattr(os, "walk")
    assert names(list_folder(str(folder))) == {"a_01.jpg": "a_01"}
    fingerprint(str(folder))
    assert set(scanned) == {"photographs", "train", "train_masks"}


def test_names_with_html_are_names(empty_files):
    name = "<img src=x onerror=alert(1)>_01"
    listing = list_folder(str(empty_files([f"{name}.jpg"], [f"{name}_mask.gif"])))
    assert [photograph.image_id for photograph in listing.photographs] == [name]


def test_a_trailing_slash_changes_nothing(empty_files):
    folder = empty_files(["a_01.jpg"], ["a_01_mask.gif"])
    assert names(list_folder(f"{folder}/")) == {"a_01.jpg": "a_01"}


class TestRecords:
    def test_record_files_of_every_usual_name(self, empty_files):
        folder = empty_files([], [])
        expected = ["a.tfrecord", "b.tfrecord.gz", "c_tfrecord-00000-of-00002.gz", "d.TFRecord"]
        for name in (*expected, "README.md", "e.tfrecord.txt", "tfrecord", "f.gz"):
            (folder / name).touch()
        listing = list_folder(str(folder))
        assert listing.records == tuple(str(folder / name) for name in expected)
        assert listing.photographs == listing.quarantined == ()

    def test_records_beside_photographs_are_ambiguous(self, empty_files):
        folder = empty_files(["a_01.jpg"], ["a_01_mask.gif"])
        (folder / "a.tfrecord").touch()
        with pytest.raises(
            UnusableFolder, match=r"holds both photographs in train/ and .* a\.tfrecord; which"
        ):
            list_folder(str(folder))


class TestNothingThere:
    @pytest.mark.parametrize("masks", [[], ["a_01_mask.gif"]])
    def test_no_photographs(self, empty_files, masks):
        folder = empty_files([], masks)
        with pytest.raises(UnusableFolder, match="no photographs in train/.* Kaggle's download"):
            list_folder(str(folder))

    def test_no_folder(self, tmp_path):
        with pytest.raises(UnusableFolder, match=r"nowhere: no photographs in train/"):
            list_folder(str(tmp_path / "nowhere"))

    def test_only_bad_names_are_listed_not_refused(self, empty_files):
        folder = empty_files(["scan.tiff"], [])
        assert names(list_folder(str(folder))) == {"scan.tiff": Reason.STRAY_FILE}


class TestMetadata:
    @pytest.fixture
    def listing(self, empty_files):
        """Lists photographs of the cars a and b beside the given metadata.csv."""

        def list_with(metadata: bytes | None):
            folder = empty_files(
                ["a_01.jpg", "b_01.jpg", "b_02.jpg"],
                ["a_01_mask.gif", "b_01_mask.gif", "b_02_mask.gif"],
            )
            if metadata is not None:
                (folder / "metadata.csv").write_bytes(metadata)
            listing = list_folder(str(folder))
            known = {
                photo.group_id: (photo.make, photo.model, photo.year)
                for photo in listing.photographs
            }
            return known, listing.groups_without_metadata

        return list_with

    def test_missing(self, listing):
        assert listing(None) == ({"a": ("", "", -1), "b": ("", "", -1)}, ("a", "b"))

    @pytest.mark.parametrize("content", [b"", b"id,year,make,model\n", b"no,such,columns\n1,2,3\n"])
    def test_empty(self, listing, content):
        assert listing(content) == ({"a": ("", "", -1), "b": ("", "", -1)}, ("a", "b"))

    def test_partial(self, listing):
        known, unknown = listing(b"id,year,make,model\nb,2012,Acme,Roadster\nz,1999,Other,Car\n")
        assert known == {"a": ("", "", -1), "b": ("Acme", "Roadster", 2012)}
        assert unknown == ("a",)

    @pytest.mark.parametrize(
        "year", ["", "unknown", "-5", "20.12", "2012.0", "\u00b2", " ", "99999999999999999999"]
    )
    def test_a_year_that_is_none(self, listing, year):
        known, unknown = listing(f"id,year,make,model\na,{year},Acme,\n".encode())
        assert known["a"] == ("Acme", "", -1)
        assert unknown == ("b",)

    def test_byte_order_mark_line_ends_quotes_and_more_columns(self, listing):
        known, _ = listing(
            b'\xef\xbb\xbf"id","trim1","year","make","model"\r\n'
            b'a,x, 2012 ,"Acme, Inc.","Say ""Hi"""\r\nb,y,2013,Citro\xc3\xabn,2CV\r\n'
        )
        assert known == {"a": ("Acme, Inc.", 'Say "Hi"', 2012), "b": ("Citroën", "2CV", 2013)}

    def test_a_row_cut_short(self, listing):
        known, _ = listing(b"id,year,make,model\na,2012\n\nb\n")
        assert known == {"a": ("", "", 2012), "b": ("", "", -1)}

    def test_a_quoted_field_may_hold_line_ends(self, listing):
        known, _ = listing(b'id,year,make,model\na,2012,"Ac\nme",2CV\nb,2013,Other,Car\n')
        assert known == {"a": ("Ac\nme", "2CV", 2012), "b": ("Other", "Car", 2013)}

    def test_nul_bytes_are_told_with_file_and_line(self, listing):
        with pytest.raises(UnusableFolder, match=r"metadata.csv, line 2: holds a NUL byte; save"):
            listing(b"id,year,make,model\na,20\x0012,Acme,Roadster\n")
        with pytest.raises(UnusableFolder, match=r"metadata.csv, line 1: holds a NUL byte"):
            listing("id,year,make,model\na,2012,Acme,Roadster\n".encode("utf-16"))

    def test_what_csv_refuses_is_told_with_file_and_line(self, listing):
        with pytest.raises(UnusableFolder, match=r"metadata.csv, line 2: field larger than"):
            listing(b"id,year,make,model\na,2012," + b"x" * 200_000 + b",Roadster\n")

    def test_a_link_that_leads_nowhere(self, empty_files):
        folder = empty_files(["a_01.jpg"], ["a_01_mask.gif"])
        (folder / "metadata.csv").symlink_to("nowhere.csv")
        with pytest.raises(UnusableFolder, match=r"metadata.csv: cannot be read: .*No such file"):
            list_folder(str(folder))

    def test_from_elsewhere(self, empty_files):
        folder = empty_files(["a_01.jpg"], ["a_01_mask.gif"], [{"id": "a", "make": "Own"}])
        listing = list_folder(str(folder), {"a": ("Given", "", 1999)})
        assert (listing.photographs[0].make, listing.photographs[0].year) == ("Given", 1999)

    def test_another_encoding_is_not_the_end(self, listing):
        known, _ = listing("id,year,make,model\na,2012,Citroën,2CV\n".encode("latin-1"))
        assert known["a"] == ("Citro\ufffdn", "2CV", 2012)


class TestFingerprint:
    @pytest.fixture
    def folder(self, folder_of):
        return folder_of(
            {"a_01.jpg": b"12", "b_02.jpg": b"345"},
            {"a_01_mask.gif": b"6"},
            [{"id": "a", "year": "2012"}],
        )

    def test_is_the_same_as_long_as_nothing_changes(self, folder):
        digest = fingerprint(str(folder))
        assert len(digest) == 64
        (folder / "train" / "a_01.jpg").read_bytes()
        (folder / ".hidden").write_bytes(b"x")
        (folder / "test").mkdir()
        (folder / "test" / "c_01.jpg").write_bytes(b"x")
        assert fingerprint(str(folder)) == digest

    @pytest.mark.parametrize(
        "place", ["train/a_01.jpg", "train_masks/a_01_mask.gif", "metadata.csv"]
    )
    def test_changes_with_a_files_size_time_or_absence(self, folder, place):
        file = folder / place
        seen = {fingerprint(str(folder))}
        content, status = file.read_bytes(), file.stat()

        file.write_bytes(content + b"more")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        seen.add(fingerprint(str(folder)))

        file.write_bytes(content)
        os.utime(file, (status.st_atime, status.st_mtime + 5))
        seen.add(fingerprint(str(folder)))

        file.unlink()
        seen.add(fingerprint(str(folder)))
        assert len(seen) == 4

    @pytest.mark.parametrize(
        "place", ["train/new_01.jpg", "train_masks/new_01_mask.gif", "new.tfrecord"]
    )
    def test_changes_with_a_new_file(self, folder, place):
        before = fingerprint(str(folder))
        (folder / place).touch()
        assert fingerprint(str(folder)) != before

    def test_changes_with_a_name(self, folder):
        before = fingerprint(str(folder))
        (folder / "train" / "a_01.jpg").rename(folder / "train" / "a_02.jpg")
        assert fingerprint(str(folder)) != before
