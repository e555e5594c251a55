import csv

import numpy as np
import pytest

from evaluation.masked_photograph import MaskedPhotograph
from evaluation.worst_of_model import write_worst_of


class FakeModel:
    """Answers with the photograph's own bytes; fails on one of them."""

    def __init__(self, fails_on):
        self._fails_on = fails_on
        self.asked = []

    def reply(self, image):
        self.asked.append(image)
        if image == self._fails_on:
            raise OSError("no answer")
        return image


@pytest.fixture
def photographs(file_of):
    """Masks that serve as photographs too, each of another area."""
    made = {}
    for index, image_id in enumerate(("a_01", "a_02", "a_03")):
        mask = np.zeros((20, 30), np.uint8)
        mask[: index + 5] = 255
        file = file_of(mask, "PNG")
        made[image_id] = MaskedPhotograph(file, file, {"image_id": image_id})
    return made


def test_only_the_worst_are_read_and_asked_for(tmp_path, photographs, score_of):
    scores = [score_of("m", f"a_0{i}", dice=dice) for i, dice in ((1, 0.7), (2, 0.9), (3, 0.8))]
    wanted = []

    def find(image_ids):
        wanted.append(image_ids)
        return photographs

    model = FakeModel(fails_on=photographs["a_03"].image)
    write_worst_of(str(tmp_path), scores, model, find, count=2)
    assert wanted == [{"a_01", "a_03"}]
    assert model.asked == [photographs["a_01"].image, photographs["a_03"].image]
    with (tmp_path / "worst.csv").open() as file:
        assert [row["image_id"] for row in csv.DictReader(file)] == ["a_01", "a_03"]
    page = (tmp_path / "worst.html").read_text()
    assert "a_01: photograph, truth, mask with 0 px missed and 0 px surplus" in page
    assert "a_03: photograph, truth, no mask" in page
