"""How the masks of two stacks are compared."""

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from benchmarks.portability import Differences, compare, main


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
