import errno
from dataclasses import replace

import pytest

from batch import output_folder
from batch.batch_failed import BatchFailed
from batch.manifest import Manifest, ManifestRow, StageSeconds
from batch.output_folder import OutputFolder


@pytest.fixture
def folder(tmp_path):
    return OutputFolder(str(tmp_path / "out"), "rle")


MANIFEST = Manifest(
    "00001-of-00003",
    (ManifestRow("a.jpg", "/p/a.jpg", 4, 5, 6), ManifestRow("b", "/b", reason="truncated image")),
    StageSeconds(1.0, 2.0, 3.0),
)


def test_places():
    folder = OutputFolder("/out", "cutout")
    assert folder.picture("more/a.b.jpg", ".png") == "/out/cutouts/more/a.b.png"
    assert folder.submission(gzip=True) == "/out/submission.csv.gz"
    assert folder.runs(3, 12) == "/out/shards/00003-of-00012.csv"


def test_a_manifest_makes_a_shard_count_as_done(folder, tmp_path):
    assert folder.done(3) == set()
    folder.save(MANIFEST)
    # Its run lengths have gone, or are of an earlier machine.
    assert folder.done(3) == set()
    (tmp_path / "out" / "shards" / "00001-of-00003.csv").touch()
    (tmp_path / "out" / "shards" / ".00002-of-00003.json.7.partial").touch()
    assert folder.done(3) == {1}
    assert folder.done(4) == set()
    assert folder.manifest(1, 3) == MANIFEST


def test_pictures_that_have_gone(tmp_path):
    folder = OutputFolder(str(tmp_path), "png")
    folder.save(MANIFEST)
    assert folder.done(3) == {1}
    assert folder.lacks_pictures(MANIFEST, ".png")
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a.png").touch()
    # The other photograph never had one.
    assert not folder.lacks_pictures(MANIFEST, ".png")


@pytest.mark.parametrize("content", ["", "{}", '{"shard": 3}'])
def test_what_is_no_manifest(folder, tmp_path, content):
    (tmp_path / "out" / "shards").mkdir(parents=True)
    (tmp_path / "out" / "shards" / "00000-of-00002.json").write_text(content)
    with pytest.raises(BatchFailed, match=r"00000-of-00002\.json is no manifest: remove it"):
        folder.manifest(0, 2)


def test_a_shard_that_is_forgotten_is_not_done(folder, tmp_path):
    folder.save(MANIFEST)
    (tmp_path / "out" / "shards" / "00001-of-00003.csv").touch()
    folder.forget([1, 2], 3)
    assert folder.done(3) == set()


def test_what_was_put_together_goes_with_the_shards_of_which_it_was(folder, tmp_path):
    names = ["submission.csv", "submission.csv.gz", "summary.json", "quarantine.jsonl", "run.json"]
    (tmp_path / "out").mkdir()
    for name in names:
        (tmp_path / "out" / name).touch()
    folder.forget([], 3)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["run.json"]


@pytest.mark.parametrize("name", ["a\udcff.jpg", "\udcff\udc00.png"])
def test_a_manifest_keeps_names_that_are_no_text(folder, name):
    manifest = replace(MANIFEST, photographs=(ManifestRow(name, f"/p/{name}", 4, 5, 6),))
    folder.save(manifest)
    assert folder.manifest(1, 3) == manifest


class TestClaim:
    def test_the_same_run_may_go_on(self, folder):
        with folder.locked():
            assert folder.claim({"models": ["a"], "format": "rle"}, ["1"]) == 0
            assert folder.claim({"format": "rle", "models": ["a"]}, ["1"]) == 0

    def test_another_run_may_not(self, folder):
        with folder.locked():
            folder.claim({"models": ["a"], "format": "rle", "tile": None}, ["1"])
            with pytest.raises(BatchFailed, match="another run: models, tile differ "):
                folder.claim({"models": ["b"], "format": "rle", "tile": [1]}, ["1"])

    def test_a_shard_whose_photographs_have_changed_is_not_done(self, folder, tmp_path):
        (tmp_path / "out").mkdir()
        folder.claim({"format": "rle"}, ["1", "2", "3"])
        folder.save(MANIFEST)
        (tmp_path / "out" / "shards" / "00001-of-00003.csv").touch()
        assert folder.claim({"format": "rle"}, ["1", "2", "4"]) == 1
        assert folder.done(3) == {1}
        assert folder.claim({"format": "rle"}, ["1", "7", "4"]) == 1
        assert folder.done(3) == set()
        assert folder.claim({"format": "rle"}, ["1", "7", "4"]) == 0

    def test_models_that_lie_elsewhere_now_are_the_same(self, folder):
        with folder.locked():
            folder.claim({"models": ["a"]}, ["1"], ["/old"])
            assert folder.claim({"models": ["a"]}, ["1"], ["/new"]) == 0
            message = "choose another --output, or go on with the same command and --model /new$"
            with pytest.raises(BatchFailed, match=message):
                folder.claim({"models": ["b"]}, ["1"], ["/newer"])

    def test_other_models_are_named_as_a_shell_takes_them(self, folder):
        with folder.locked():
            folder.claim({"models": ["a", "b"]}, ["1"], ["/m/1", "/my models/2"])
            with pytest.raises(BatchFailed, match="--model /m/1 --model '/my models/2'$"):
                folder.claim({"models": ["c"]}, ["1"], ["/m/3"])

    def test_other_options_say_nothing_of_the_models(self, folder):
        with folder.locked():
            folder.claim({"tile": None}, ["1"], ["/m/1"])
            with pytest.raises(BatchFailed, match="choose another --output$"):
                folder.claim({"tile": [1]}, ["1"], ["/m/1"])

    def test_a_record_that_does_not_tell_where_its_models_lay(self, folder, tmp_path):
        with folder.locked():
            (tmp_path / "out" / "run.json").write_text('{"models": ["a"], "sizes": ["1"]}')
            with pytest.raises(BatchFailed, match="choose another --output$"):
                folder.claim({"models": ["b"]}, ["1"], ["/m/1"])

    @pytest.mark.parametrize("content", ["no record", "{}", "[1]", '{"sizes": 3}'])
    def test_a_record_that_is_none(self, folder, tmp_path, content):
        with folder.locked():
            (tmp_path / "out" / "run.json").write_text(content)
            with pytest.raises(BatchFailed, match="is no record of a run"):
                folder.claim({}, [])

    def test_what_a_killed_run_had_begun_to_write_is_removed(self, tmp_path):
        folder = OutputFolder(str(tmp_path), "png")
        folder.claim({}, [])
        (tmp_path / "masks" / "more").mkdir(parents=True)
        kept = [tmp_path / "masks" / "a.png", tmp_path / ".notes", tmp_path / "x.7.partial"]
        begun = [tmp_path / ".submission.7.partial", tmp_path / "masks/more/.b.png.12.partial"]
        for file in (*kept, *begun):
            file.touch()
        with pytest.raises(BatchFailed, match="another run"):
            folder.claim({"format": "rle"}, [])
        assert [file.exists() for file in begun] == [True, True]
        folder.claim({}, [])
        assert [file.exists() for file in begun] == [False, False]
        assert [file.exists() for file in kept] == [True, True, True]


class TestLock:
    def test_two_at_the_same_time(self, folder, tmp_path):
        again = OutputFolder(str(tmp_path / "out"), "rle")
        message = "another run is at work in"
        with folder.locked(), pytest.raises(BatchFailed, match=message), again.locked():
            pass
        with again.locked():
            pass

    def test_a_file_system_without_locks(self, folder, monkeypatch):
        def fail(*_):
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(output_folder.fcntl, "flock", fail)
        message = "out cannot be locked: No locks available; choose an --output"
        with pytest.raises(BatchFailed, match=message):
            folder.locked().__enter__()

    def test_a_folder_that_cannot_be_made(self, tmp_path):
        (tmp_path / "file").touch()
        folder = OutputFolder(str(tmp_path / "file" / "out"), "rle")
        with pytest.raises(BatchFailed, match="out cannot be written: Not a directory"):
            folder.locked().__enter__()
