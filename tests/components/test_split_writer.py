import pytest
import tensorflow as tf

from components.split_writer import SplitWriter, remove_unfinished
from pipeline import features


@pytest.fixture
def uri(tmp_path):
    return tmp_path / "examples"


def files(uri):
    return sorted(str(path.relative_to(uri)) for path in uri.rglob("*") if path.is_file())


def test_a_file_per_split_with_its_examples_in_order(uri, raw_example):
    examples = [raw_example(f"car_{pose:02}") for pose in (1, 2, 3)]
    with SplitWriter(str(uri), 3, 12) as writer:
        writer.write(features.TRAIN, examples[0])
        writer.write(features.TEST, examples[1])
        writer.write(features.TRAIN, examples[2])
        assert not list(uri.glob("Split-*"))
    remove_unfinished(str(uri))
    name = "data_tfrecord-00003-of-00012.gz"
    assert files(uri) == [f"Split-test/{name}", f"Split-train/{name}", f"Split-val/{name}"]
    for split, expected in (("train", examples[::2]), ("val", []), ("test", examples[1:2])):
        records = tf.data.TFRecordDataset(str(uri / f"Split-{split}" / name), "GZIP")
        parsed = [tf.train.Example.FromString(each) for each in records.as_numpy_iterator()]
        assert parsed == expected


def test_nothing_appears_of_a_shard_that_failed(uri, raw_example):
    writer = SplitWriter(str(uri), 0, 1)
    writer.write(features.TRAIN, raw_example())
    with pytest.raises(ValueError, match="half way"), writer:
        raise ValueError("half way")
    assert not list(uri.glob("Split-*"))
    remove_unfinished(str(uri))
    assert files(uri) == []


def test_a_shard_that_is_written_again_replaces_the_first(uri, raw_example):
    first = SplitWriter(str(uri), 0, 1)
    first.write(features.VAL, raw_example("a_01"))
    with SplitWriter(str(uri), 0, 1) as second:
        second.write(features.VAL, raw_example("a_01"))
    with first:
        pass
    [path] = (uri / "Split-val").iterdir()
    assert len(list(tf.data.TFRecordDataset(str(path), "GZIP"))) == 1


def test_nothing_unfinished_is_no_error(uri):
    remove_unfinished(str(uri))
