from collections import Counter

import pytest

from components.split import split_of
from pipeline.config import DataConfig

DEFAULT = DataConfig()
IDS = [f"{number:012x}" for number in range(10_000)]


@pytest.mark.parametrize(
    ("group_id", "split"),
    [
        # A car must never change its split between releases: what was test would be trained on.
        ("00087a6bd4dc", "train"),
        ("Citroën 2CV", "train"),
        ("car", "val"),
        ("4", "val"),
        ("fff9b3a5373f", "test"),
        ("9", "test"),
    ],
)
def test_golden_assignments(group_id, split):
    assert split_of(group_id, DEFAULT) == split


def test_shares_are_about_those_asked_for():
    counts = Counter(split_of(group_id, DEFAULT) for group_id in IDS)
    # Four standard deviations of a binomial over 10,000.
    assert counts["test"] == pytest.approx(1500, abs=143)
    assert counts["val"] == pytest.approx(1500, abs=143)
    assert counts["train"] == 10_000 - counts["test"] - counts["val"]


def test_a_larger_val_split_moves_cars_from_train_to_val_only():
    larger = DataConfig(val_fraction=0.3)
    moves = Counter((split_of(each, DEFAULT), split_of(each, larger)) for each in IDS)
    assert moves.keys() == {
        ("train", "train"),
        ("train", "val"),
        ("val", "val"),
        ("test", "test"),
    }
    assert moves["train", "val"] == pytest.approx(1500, abs=143)


def test_a_larger_test_split_never_gives_test_cars_back():
    larger = DataConfig(test_fraction=0.4)
    assert all(
        split_of(each, larger) == "test" for each in IDS if split_of(each, DEFAULT) == "test"
    )


def test_no_share_means_no_cars():
    without = DataConfig(val_fraction=0.0, test_fraction=0.0)
    assert {split_of(each, without) for each in IDS} == {"train"}


def test_ids_of_any_alphabet_are_spread():
    counts = Counter(split_of(f"車{number}", DEFAULT) for number in range(1000))
    assert counts["val"] == pytest.approx(150, abs=46)
    assert counts["test"] == pytest.approx(150, abs=46)
