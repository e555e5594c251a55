import apache_beam as beam
import pytest

from report.data.statistics_of_examples import add_readings, draw_samples, take_readings


@pytest.fixture
def readings(tmp_path, write_records, raw_example):
    """Reads two files of train and one of test, not in the order of their ids."""
    ids = {"train": [["d_01", "a_02"], ["c_01"]], "test": [["b_01", "a_01"]]}
    splits = {
        split: [
            str(
                write_records(
                    tmp_path / f"{split}{number}.gz",
                    [raw_example(each, seed=ord(each[0])) for each in of_file],
                )
            )
            for number, of_file in enumerate(files)
        ]
        for split, files in ids.items()
    }
    with beam.Pipeline(argv=["--allow_unsafe_triggers"]) as root:
        add_readings(root, splits, 5, str(tmp_path / "out"))
    return take_readings(str(tmp_path / "out"))


def test_all_files_are_read_and_put_in_order(readings, tmp_path):
    ids = [each.photograph.image_id for each in readings.photographs]
    assert ids == ["a_01", "a_02", "b_01", "c_01", "d_01"]
    assert [each.split for each in readings.photographs] == ["test", "train"] * 2 + ["train"]
    assert [each.image_id for each in readings.fingerprints] == ids
    assert readings.places == (
        (str(tmp_path / "test0.gz"), 1),
        (str(tmp_path / "train0.gz"), 1),
        (str(tmp_path / "test0.gz"), 0),
        (str(tmp_path / "train1.gz"), 0),
        (str(tmp_path / "train0.gz"), 0),
    )
    assert list(readings.average_masks) == [None, 1, 2]
    assert list((tmp_path / "out").iterdir()) == []


def test_samples_are_drawn_in_the_order_asked_for(readings):
    by_id = {each.photograph.image_id: each for each in readings.photographs}
    chosen = [(by_id["c_01"], ("darkest",)), (by_id["a_01"], ()), (by_id["c_01"], ("largest",))]
    captions = [picture.caption[:2] for picture in draw_samples(readings, chosen)]
    assert captions == [
        ("darkest", "c_01"),
        ("a_01", "Acme Roadster 2012"),
        ("largest", "c_01"),
    ]


def test_no_samples(readings):
    assert draw_samples(readings, []) == ()
