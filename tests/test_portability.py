"""How the masks of two stacks are compared."""

import json

import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner
from PIL import Image

from benchmarks import portability
from benchmarks.portability import Differences, compare, exported_with, main


@pytest.fixture
def answers(tmp_path):
    """Writes the masks and scores of a side; returns its folder."""

    def write(name, masks, dice):
        (tmp_path / name / "masks").mkdir(parents=True)
        for image_id, mask in masks.items():
            Image.fromarray(mask).save(tmp_path / name / "masks" / f"{image_id}.png")
        rows = "".join(f"unet,{image_id},{value}\n" for image_id, value in dice.items())
        (tmp_path / name / "scores.csv").write_text("model,image_id,dice\n" + rows)
        return tmp_path / name

    return write


def test_differing_pixels_and_scores_are_counted(answers):
    mask = np.zeros((20, 30), np.uint8)
    other = mask.copy()
    other[3, 4:7] = 255
    one = answers("one", {"a": mask, "b": mask}, {"a": 0.5, "b": 0.75})
    two = answers("two", {"a": other, "b": mask}, {"a": 0.5, "b": 0.5})
    found = compare(one, two)
    assert found == Differences(
        photographs=2, pixels=1200, differing_pixels=3, largest_dice_difference=0.25
    )
    assert found.share == 3 / 1200


@pytest.mark.parametrize(
    ("photograph", "scored", "what"), [("b", "a", "masks"), ("a", "b", "scores")]
)
def test_sides_of_different_photographs_are_not_compared(answers, photograph, scored, what):
    mask = np.zeros((20, 30), np.uint8)
    one = answers("one", {"a": mask}, {"a": 0.5})
    two = answers("two", {photograph: mask}, {scored: 0.5})
    with pytest.raises(ValueError, match=f"hold {what} of different photographs"):
        compare(one, two)


def test_a_run_that_pushed_nothing_is_named(tmp_path):
    (tmp_path / "run").mkdir()
    command = ["give", str(tmp_path / "given"), "--workdir", str(tmp_path / "run")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert f"{tmp_path}/run/serving_models/mask holds no model" in result.output


@pytest.fixture
def run_with_a_model(tmp_path):
    """A workdir whose run pushed two versions."""
    for version in ("9", "10"):
        tf.saved_model.save(tf.Module(), str(tmp_path / "run/serving_models/mask" / version))
    (tmp_path / "run/photographs/train").mkdir(parents=True)
    return tmp_path / "run"


@pytest.fixture
def given(run_with_a_model, tmp_path, monkeypatch):
    """Gives into a folder, with no server and no evaluation; returns the command's result."""

    def mask(folder, masks):
        masks.mkdir(parents=True)

    def evaluate(folder, scores):
        scores.write_text("model,image_id,dice\n")

    monkeypatch.setattr(portability, "_mask", mask)
    monkeypatch.setattr(portability, "_evaluate", evaluate)

    def give():
        command = ["give", str(tmp_path / "given"), "--workdir", str(run_with_a_model)]
        return CliRunner().invoke(main, command)

    return give


def test_the_newest_model_is_given_and_knows_who_wrote_it(given, tmp_path):
    assert given().exit_code == 0
    assert [path.name for path in (tmp_path / "given" / "model").iterdir()] == ["10"]
    assert exported_with(tmp_path / "given" / "model") == tf.__version__
    # And again, over what it left.
    assert given().exit_code == 0


def test_a_folder_of_other_things_is_left_alone(given, tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "letter.txt").write_text("dear")
    result = given()
    assert result.exit_code == 1
    assert "holds other things" in result.output
    assert [path.name for path in (tmp_path / "given").iterdir()] == ["letter.txt"]


@pytest.fixture
def taken(given, tmp_path, monkeypatch):
    """Gives and takes where so much differs; returns the command's result."""

    def take(**differences):
        given()
        found = {"photographs": 2, "pixels": 10**6, "differing_pixels": 0}
        found |= {"largest_dice_difference": 0.0} | differences
        monkeypatch.setattr(portability, "compare", lambda one, other: Differences(**found))
        results = str(tmp_path / "results.json")
        return CliRunner().invoke(main, ["take", str(tmp_path / "given"), "--results", results])

    return take


def test_the_figures_are_kept(taken, tmp_path):
    result = taken(differing_pixels=10, largest_dice_difference=1e-4)
    assert result.exit_code == 0
    assert "10 of 1,000,000 pixels differ in 2 masks, Dice by 0.000100 at most" in result.output
    assert "same TensorFlow on both sides" in result.output
    [figures] = json.loads((tmp_path / "results.json").read_text()).values()
    assert figures["exported_with"] == tf.__version__
    assert figures["differing_pixels"] == 10


@pytest.mark.parametrize(
    ("differences", "message"),
    [
        ({"differing_pixels": 11}, "More than 1e-05 of the pixels"),
        ({"largest_dice_difference": 1.1e-4}, "A Dice differs by more than 0.0001"),
    ],
)
def test_more_than_a_trace_fails(taken, differences, message):
    result = taken(**differences)
    assert result.exit_code == 1
    assert message in result.output
