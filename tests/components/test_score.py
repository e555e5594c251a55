import re

import pytest

from components.score import score
from serving.errors import ServingError


@pytest.fixture
def split(tmp_path, raw_example, write_records):
    """Writes the examples of a split; returns its folder."""

    def write(*files):
        for number, examples in enumerate(files):
            write_records(tmp_path / "Split-test" / f"data-{number}.gz", examples)
        return str(tmp_path / "Split-test")

    return write


@pytest.fixture(scope="module")
def perfect(red_is_car):
    return str(red_is_car())


@pytest.fixture(scope="module")
def clumsy(red_is_car):
    return str(red_is_car(missed_rows=12))


@pytest.fixture
def photograph(raw_example, pixels_of_image, file_of):
    """Makes an example whose photograph is a PNG file, so that its colours are exact."""

    def make(width=20, image_id="car_03", seed=0):
        image = file_of(pixels_of_image(width, 24, seed), "PNG")
        return raw_example(image_id, width, 24, seed, image=image)

    return make


def test_exact_dice_of_known_models(split, photograph, perfect, clumsy, pixels_of_mask):
    seeds = range(5)
    folder = split([photograph(image_id=f"car{seed}_03", seed=seed) for seed in seeds])
    scores = score(folder, {"perfect": perfect, "clumsy": clumsy})
    assert [each.dice for each in scores["perfect"]] == [1.0] * 5
    # A subset: 2 * part / (part + whole).
    masks = [pixels_of_mask(20, 24, seed) > 0 for seed in seeds]
    expected = [2 * m[12:].sum() / (m[12:].sum() + m.sum()) for m in masks]
    assert 0 < min(expected) < max(expected) < 1
    assert [each.dice for each in scores["clumsy"]] == pytest.approx(expected, abs=1e-12)


def test_photographs_come_in_the_order_of_the_records_of_all_files(split, photograph, perfect):
    # More than are asked for at once.
    first = [photograph(image_id=f"a_{n:02}", seed=n) for n in range(1, 17)]
    scores = score(
        split(first, [photograph(image_id="b_02"), photograph(image_id="a c_16")]),
        {"m": perfect},
    )["m"]
    assert [(each.image_id, each.group_id, each.pose) for each in scores] == [
        *((f"a_{n:02}", "a", n) for n in range(1, 17)),
        ("b_02", "b", 2),
        ("a c_16", "a c", 16),
    ]


@pytest.mark.parametrize(
    ("width", "fault"),
    [
        (13, "ServingError: .*no 13 columns"),
        (14, r"ValueError: Dice needs two masks of one size .*\(24, 14\) and \(24, 15\)"),
        (15, "ValueError: the reply is no one-channel PNG"),
        (16, "ValueError: the reply is no one-channel PNG"),
    ],
)
def test_a_model_that_fails_on_a_photograph_scores_nothing_there(
    split, photograph, perfect, width, fault
):
    bad, good = score(split([photograph(width), photograph(20)]), {"m": perfect})["m"]
    assert bad.dice == 0.0
    assert re.match(fault, bad.fault, re.DOTALL), bad.fault
    assert (good.dice, good.fault) == (1.0, "")


def test_a_model_that_cannot_be_loaded_is_an_error(split, photograph, tmp_path):
    with pytest.raises(ServingError, match="Could not find SavedModel"):
        score(split([photograph()]), {"m": str(tmp_path)})


def test_an_empty_split_is_an_error(split, perfect):
    with pytest.raises(ValueError, match="Split-test: no photograph to score the models on"):
        score(split([]), {"m": perfect})
