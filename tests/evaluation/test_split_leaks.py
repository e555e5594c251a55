import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from evaluation.evidence import Leak
from evaluation.split_leaks import add_leak_search, read_leaks


@pytest.fixture
def leaks(raw_example, write_records, tmp_path):
    """Searches splits, each given as its files, each of them as image ids and seeds of pixels."""

    def search(**splits):
        files = {
            split: [
                str(
                    write_records(
                        tmp_path / split / f"{index}.gz",
                        [raw_example(image_id, seed=seed) for image_id, seed in file],
                    )
                )
                for index, file in enumerate(each)
            ]
            for split, each in splits.items()
        }
        with beam.Pipeline(
            "DirectRunner", options=PipelineOptions(["--allow_unsafe_triggers"])
        ) as root:
            add_leak_search(root, files, str(tmp_path))
        return read_leaks(str(tmp_path))

    return search


def test_clean_splits_have_none(leaks):
    assert (
        leaks(train=[[("a_01", 1), ("a_02", 2)]], val=[[("b_01", 3)]], test=[[("c_01", 4)]]) == []
    )


def test_a_car_in_two_splits(leaks):
    found = leaks(
        train=[[("a_01", 1), ("b_01", 2)]], val=[[("c_01", 3)]], test=[[("a_02", 4), ("a_03", 5)]]
    )
    assert found == [Leak("car", ("a",), ("test", "train"))]


def test_a_photograph_under_two_ids_in_two_splits(leaks):
    found = leaks(train=[[("b_01", 1), ("c_01", 2)]], val=[[("a_01", 1)]], test=[[("d_01", 3)]])
    assert found == [Leak("photograph", ("a_01", "b_01"), ("train", "val"))]


def test_within_one_split_nothing_leaks_although_it_lies_in_two_files(leaks):
    assert leaks(train=[[("a_01", 1), ("b_01", 1)], [("a_02", 1)]], test=[[("c_01", 2)]]) == []


def test_a_photograph_that_was_copied_with_its_id_leaks_twice(leaks):
    assert leaks(train=[[("a_01", 1)]], val=[[("a_01", 1)]], test=[[("a_01", 1), ("b_01", 2)]]) == [
        Leak("car", ("a",), ("test", "train", "val")),
        Leak("photograph", ("a_01",), ("test", "train", "val")),
    ]


def test_leaks_come_in_one_order(leaks):
    found = leaks(
        train=[[("d_01", 1), ("b_01", 2), ("a_01", 3)]],
        test=[[("b_02", 4), ("d_02", 5), ("c_01", 3)]],
    )
    assert found == [
        Leak("car", ("b",), ("test", "train")),
        Leak("car", ("d",), ("test", "train")),
        Leak("photograph", ("a_01", "c_01"), ("test", "train")),
    ]


def test_ids_are_those_of_the_records_to_the_letter(leaks):
    found = leaks(train=[[("Citroën, \u2028\n_01", 1)]], test=[[("Citroën, \u2028\n_02", 2)]])
    assert found == [Leak("car", ("Citroën, \u2028\n",), ("test", "train"))]


def test_splits_without_files(leaks):
    assert leaks(train=[], val=[], test=[]) == []
