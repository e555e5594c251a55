import json

import pytest
from apache_beam.ml.inference.base import PredictionResult

from batch.answer import Answer
from batch.batch_failed import BatchFailed
from batch.listed_photograph import ListedPhotograph
from batch.manifest import Done
from batch.output_folder import OutputFolder
from batch.pictures import Pictures
from batch.read_photograph import ReadPhotograph
from batch.write_shards import WriteShards
from components.quarantine import Reason


def result(shard, name, mask=b"1 2", content=b"", reason=None):
    read = ReadPhotograph(shard, 2, ListedPhotograph(f"/{name}", name, 1), content, None, 0.25)
    answer = Answer(mask, 4, 5, 2, reason, "why" if reason else "", 0.5)
    return PredictionResult(read, answer)


@pytest.fixture
def writer(tmp_path):
    writer = WriteShards(OutputFolder(str(tmp_path), "rle"), None, 3, 6)
    writer.start_bundle()
    return writer


def write(writer, *results):
    return [done for each in results for done in writer.process(each)]


def test_a_shard_is_done_with_its_last_photograph(writer, tmp_path):
    assert write(writer, result(1, "a.jpg"), result(2, "c.jpg")) == []
    assert list(tmp_path.iterdir()) == []
    assert write(writer, result(1, "b.jpg", b"3 1")) == [Done(1, 2)]
    assert (tmp_path / "shards" / "00001-of-00003.csv").read_text() == "a.jpg,1 2\nb.jpg,3 1\n"
    manifest = json.loads((tmp_path / "shards" / "00001-of-00003.json").read_text())
    assert manifest["shard"] == "00001-of-00003"
    assert manifest["photographs"][0] == {
        "name": "a.jpg",
        "path": "/a.jpg",
        "height": 4,
        "width": 5,
        "area": 2,
        "reason": "",
        "detail": "",
    }
    assert manifest["seconds"]["read"] == 0.5
    assert manifest["seconds"]["model"] == 1.0
    assert not (tmp_path / "shards" / "00002-of-00003.csv").exists()
    write(writer, result(2, "d.jpg"))
    writer.finish_bundle()


def test_a_photograph_without_a_mask_has_no_row(writer, tmp_path):
    failed = result(0, "a.jpg", b"", reason=Reason.TRUNCATED_IMAGE)
    assert write(writer, failed, result(0, "b.jpg")) == [Done(0, 2)]
    assert (tmp_path / "shards" / "00000-of-00003.csv").read_text() == "b.jpg,1 2\n"
    manifest = json.loads((tmp_path / "shards" / "00000-of-00003.json").read_text())
    first = manifest["photographs"][0]
    assert (first["reason"], first["detail"]) == ("truncated image", "why")


def test_a_shard_that_was_taken_apart_stops_the_run(writer):
    write(writer, result(2, "a.jpg"))
    with pytest.raises(BatchFailed, match=r"several workers \(00002-of-00003\): use one that"):
        writer.finish_bundle()


def test_what_a_failed_bundle_left_is_forgotten(writer):
    write(writer, result(2, "a.jpg"))
    writer.start_bundle()
    assert write(writer, result(2, "a.jpg"), result(2, "b.jpg")) == [Done(2, 2)]


def test_a_photograph_whose_colours_cannot_be_had(tmp_path, file_of, pixels_of_mask):
    mask = file_of(pixels_of_mask(), "PNG")
    writer = WriteShards(OutputFolder(str(tmp_path), "cutout"), Pictures("cutout"), 1, 2)
    writer.start_bundle()
    write(writer, result(0, "a.jpg", mask, b"broken"), result(0, "b.jpg", mask, mask))
    manifest = json.loads((tmp_path / "shards" / "00000-of-00001.json").read_text())
    assert [row["reason"] for row in manifest["photographs"]] == ["undecodable image", ""]
    assert [path.name for path in (tmp_path / "cutouts").iterdir()] == ["b.png"]


def test_a_mask_that_can_have_no_name_is_set_aside(tmp_path):
    writer = WriteShards(OutputFolder(str(tmp_path), "png"), Pictures("png"), 1, 2)
    name = f"{'a' * 300}.jpg"
    for reason in (None, Reason.UNREADABLE):
        writer.start_bundle()
        write(writer, result(0, name, reason=reason), result(0, "b.jpg"))
        manifest = json.loads((tmp_path / "shards" / "00000-of-00001.json").read_text())
        row = manifest["photographs"][0]
        if reason is None:
            assert (row["reason"], row["height"]) == ("name does not parse", 0)
            assert row["detail"].startswith(f"rename it: {tmp_path}/masks/aaa")
            assert row["detail"].endswith(".png cannot be written: File name too long")
        else:
            assert row["reason"] == "unreadable file"
        assert [path.name for path in (tmp_path / "masks").iterdir()] == ["b.png"]


def test_a_picture_of_an_earlier_run_goes_where_there_is_no_mask_now(tmp_path):
    writer = WriteShards(OutputFolder(str(tmp_path), "png"), Pictures("png"), 1, 2)
    for reason in (None, Reason.UNREADABLE):
        writer.start_bundle()
        write(writer, result(0, "a.jpg", reason=reason), result(0, "b.jpg"))
        made = sorted(path.name for path in (tmp_path / "masks").iterdir())
        assert made == (["a.png", "b.png"] if reason is None else ["b.png"])
