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
    assert found == [Leak("car", ("a",), ("test", "train"), ("a_02", "a_03", "a_01"))]


def test_a_car_between_train_and_val_is_shown_by_two_photographs_of_each(leaks):
    found = leaks(
        train=[[("a_09", 1), ("a_07", 2)], [("a_08", 3)]], val=[[("a_03", 4)]], test=[[("c_01", 5)]]
    )
    assert found == [Leak("car", ("a",), ("train", "val"), ("a_07", "a_08", "a_03"))]


def test_a_photograph_under_two_ids_in_two_splits(leaks):
    found = leaks(train=[[("b_01", 1), ("c_01", 2)]], val=[[("a_01", 1)]], test=[[("d_01", 3)]])
    assert found == [Leak("photograph", ("a_01", "b_01"), ("train", "val"), ("a_01", "b_01"))]


def test_within_one_split_nothing_leaks_although_it_lies_in_two_files(leaks):
    assert leaks(train=[[("a_01", 1), ("b_01", 1)], [("a_02", 1)]], test=[[("c_01", 2)]]) == []


def test_a_photograph_that_was_copied_with_its_id_leaks_twice(leaks):
    assert leaks(train=[[("a_01", 1)]], val=[[("a_01", 1)]], test=[[("a_01", 1), ("b_01", 2)]]) == [
        Leak("car", ("a",), ("test", "train", "val"), ("a_01",)),
        Leak("photograph", ("a_01",), ("test", "train", "val"), ("a_01",)),
    ]


def test_leaks_come_in_one_order(leaks):
    found = leaks(
        train=[[("d_01", 1), ("b_01", 2), ("a_01", 3)]],
        test=[[("b_02", 4), ("d_02", 5), ("c_01", 3)]],
    )
    assert found == [
        Leak("car", ("b",), ("test", "train"), ("b_02", "b_01")),
        Leak("car", ("d",), ("test", "train"), ("d_02", "d_01")),
        Leak("photograph", ("a_01", "c_01"), ("test", "train"), ("a_01", "c_01")),
    ]


def test_ids_are_those_of_the_records_to_the_letter(leaks):
    found = leaks(train=[[("Citroën, \u2028\n_01", 1)]], test=[[("Citroën, \u2028\n_02", 2)]])
    car = "Citroën, \u2028\n"
    assert found == [Leak("car", (car,), ("test", "train"), (f"{car}_02", f"{car}_01"))]


def test_splits_without_files(leaks):
    assert leaks(train=[], val=[], test=[]) == []
