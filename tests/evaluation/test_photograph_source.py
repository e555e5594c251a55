import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from components.photograph_folder import UnusableFolder
from components.quarantine import Reason
from evaluation.masked_photograph import MaskedPhotograph
from evaluation.photograph_source import open_source


@pytest.fixture
def read(tmp_path):
    """Reads a source with Beam; returns photographs by id, and reasons by file name."""

    def read(source):
        found, aside = [], []
        options = PipelineOptions(["--direct_running_mode=in_memory", "--allow_unsafe_triggers"])
        with beam.Pipeline("DirectRunner", options=options) as root:
            examples, unusable = source.read(root)
            _ = examples | "write" >> beam.io.WriteToTFRecord(str(tmp_path / "found"))
            _ = (
                unusable
                | beam.Map(lambda each: f"{each.file.rpartition('/')[2]}\t{each.reason.name}")
                | beam.io.WriteToText(str(tmp_path / "aside"))
            )
        import tensorflow as tf

        for path in tmp_path.glob("found-*"):
            found += map(
                MaskedPhotograph.parse, tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
            )
        for path in tmp_path.glob("aside-*"):
            aside += [line.split("\t") for line in path.read_text().splitlines()]
        assert len({each.image_id for each in found}) == len(found)
        return {each.image_id: each for each in found}, dict(aside)

    return read


def test_files_in_kaggles_layout(folder_of, image_file, mask_file, read):
    good = image_file(seed=1)
    folder = folder_of(
        {
            "a_01.jpg": good,
            "a_02.jpg": image_file(seed=2),
            "b_01.jpg": good[:200],
            "b_02.jpg": good,
        },
        {
            "a_01_mask.gif": mask_file(seed=1),
            "a_02_mask.gif": mask_file(seed=2),
            "b_01_mask.gif": mask_file(),
        },
    )
    source = open_source(str(folder))
    assert source.total == 3
    assert [each.reason for each in source.quarantined] == [Reason.MISSING_MASK]
    found, aside = read(source)
    assert sorted(found) == ["a_01", "a_02"]
    assert found["a_01"].image == good
    assert aside == {"b_01.jpg": "TRUNCATED_IMAGE"}
    assert source.find({"a_02"}) == {"a_02": found["a_02"]}


@pytest.mark.parametrize("ending", [".tfrecord.gz", ".tfrecord"])
def test_record_files(raw_example, write_records, tmp_path, read, ending):
    import tensorflow as tf

    examples = [raw_example(f"a_{pose:02}", seed=pose) for pose in range(1, 5)]
    records = [
        *examples,
        raw_example("b_01", mask=None),
        raw_example("twice_01"),
        b"no example",
        raw_example("twice_01"),
    ]
    (tmp_path / "data").mkdir()
    if ending.endswith("gz"):
        write_records(tmp_path / "data" / f"x{ending}", records)
    else:
        with tf.io.TFRecordWriter(str(tmp_path / "data" / f"x{ending}")) as writer:
            for each in records:
                writer.write(each if isinstance(each, bytes) else each.SerializeToString())
    source = open_source(str(tmp_path / "data"))
    assert (source.total, source.quarantined) == (8, ())
    found, aside = read(source)
    assert sorted(found) == ["a_01", "a_02", "a_03", "a_04"]
    assert found["a_03"] == MaskedPhotograph.parse(examples[2].SerializeToString())
    assert aside == {
        f"x{ending}#b_01": "MISSING_MASK",
        f"x{ending}#twice_01": "DUPLICATE_ID",
        f"x{ending}#?": "BROKEN_CONTRACT",
    }
    assert source.find({"a_03", "a_04"}) == {name: found[name] for name in ("a_03", "a_04")}


def test_a_record_file_that_is_cut_short_gives_what_it_holds(raw_example, tmp_path, read):
    import tensorflow as tf

    path = tmp_path / "data" / "x.tfrecord"
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for image_id in ("a_01", "a_02"):
            writer.write(raw_example(image_id).SerializeToString())
    path.write_bytes(path.read_bytes()[:-20])
    source = open_source(str(path.parent))
    assert source.total == 1
    [broken] = source.quarantined
    assert (broken.file, broken.reason) == (str(path), Reason.UNREADABLE)
    assert broken.detail.startswith("broken record file, the rest of it is lost: ")
    found, aside = read(source)
    assert (sorted(found), aside) == (["a_01"], {})
    assert sorted(source.find({"a_01", "a_02"})) == ["a_01"]


def test_a_folder_of_neither(tmp_path):
    with pytest.raises(UnusableFolder):
        open_source(str(tmp_path))
