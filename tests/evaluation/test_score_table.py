import io

import pytest
from rich.console import Console

from evaluation.label_audit import Suspect
from evaluation.photograph_score import PhotographScore
from evaluation.score_table import SLICES, figures_table, slice_table, suspects_table


def lines(table, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines()]


@pytest.fixture
def scores(score_of):
    return {
        "new": [
            score_of("new", "a_01", dice=1.0, seconds=0.1, reply_bytes=900, ceiling=0.9990),
            score_of("new", "a_02", dice=0.8, seconds=0.2, ceiling=0.9992, make=""),
            score_of("new", "b_01", dice=0.0, seconds=9.0, fault="no", reply_bytes=12345),
        ],
        "[old]": [
            score_of("[old]", image_id, dice=0.5, make=make)
            for image_id, make in (("a_01", "Acme"), ("a_02", ""), ("b_01", "Acme"))
        ],
    }


def test_figures_of_each_model(scores):
    text = lines(figures_table(scores))
    assert text[0] == "mean over photographs new [old]"
    assert text[1] == "Dice 0.6000 0.5000"
    # Cars a (mean 0.9) and b (0): drawn twice the one or the other.
    assert text[2] == "95% interval 0.0000-0.9000 0.5000-0.5000"
    assert text[3] == "ceiling 0.9991 unknown"
    assert "false area, px 40 40" in text
    assert "boundary distance, px 0.50 0.50" in text
    assert "faults 1 of 3 0 of 3" in text
    assert "median seconds 0.150 0.250" in text
    assert "largest reply, bytes 12,345 1,000" in text


def test_one_car_and_no_reply(score_of):
    text = lines(figures_table({"m": [score_of("m", "a_01", dice=0.0, fault="no")]}))
    assert "95% interval one car" in text
    assert "median seconds none" in text


def test_slices_in_order_the_unknown_last(scores):
    assert lines(slice_table(scores, "pose")) == [
        "Dice by pose photos new [old]",
        "1 2 0.5000 (0.0000-1.0000) 0.5000 (0.5000-0.5000)",
        "2 1 0.8000 0.5000",
    ]
    assert [line.split()[:3] for line in lines(slice_table(scores, "make"))[1:]] == [
        ["Acme", "2", "0.5000"],
        ["unknown", "1", "0.8000"],
    ]
    assert lines(slice_table(scores, "mask_area"))[1].startswith("0.25-0.30 3 0.6000 (")


def test_many_models_have_no_intervals(scores):
    many = {**scores, "third": scores["new"]}
    assert lines(slice_table(many, "pose"))[1] == "1 2 0.5000 0.5000 0.5000"


def test_of_many_values_the_worst_are_shown(score_of):
    scores = {"m": [score_of("m", f"c{i:02}_01", dice=i / 100, year=i) for i in range(30)]}
    text = lines(slice_table(scores, "year"))
    assert text[0] == "Dice by year, 20 worst of 30 photos m"
    assert [line.split()[0] for line in text[1:]] == [str(i) for i in range(20)]


@pytest.mark.parametrize("feature", SLICES)
def test_every_slice_is_known_of_a_score(scores, feature):
    assert feature == "mask_area" or feature in PhotographScore.__dataclass_fields__
    assert len(lines(slice_table(scores, feature))) > 1


def test_suspects_with_their_reasons():
    suspects = [Suspect(f"[a]_{i:02}", 9 - i, f"reason [b] {i}") for i in range(5)]
    assert lines(suspects_table(suspects, 2)) == [
        "suspected labels, 2 of 5 score reason",
        "[a]_00 9.0 reason [b] 0",
        "[a]_01 8.0 reason [b] 1",
    ]
