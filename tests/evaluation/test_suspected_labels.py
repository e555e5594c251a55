import json

import cv2
import numpy as np
import pytest

from evaluation.label_audit import LabelledPhotograph, Suspect
from evaluation.label_observation import LabelObservation
from evaluation.masked_photograph import MaskedPhotograph
from evaluation.score_photograph import ScoredPhotograph, score_photograph
from evaluation.suspected_labels import suspected_labels, write_suspects

HEIGHT, WIDTH = 64, 96


def ellipse(x, y=32, long=28, short=18):
    blank = np.zeros((HEIGHT, WIDTH), np.uint8)
    return cv2.ellipse(blank, (x, y), (long, short), 0, 0, 360, 255, -1)


def png(pixels):
    return cv2.imencode(".png", pixels)[1].tobytes()


class FakeModel:
    """Masks a photograph, which is its own right mask here, with a change."""

    input_size = None

    def __init__(self, change):
        self._change = change

    def reply(self, image):
        return png(self._change(cv2.imdecode(np.frombuffer(image, np.uint8), -1)))

    def has_finite_probabilities(self, image):
        return True

    def close(self):
        pass


GOOD = {"unet": FakeModel(lambda mask: mask), "blessed": FakeModel(lambda m: np.roll(m, 1, 1))}
POOR = {"average_mask": FakeModel(lambda mask: ellipse(48, 32, 20, 30))}


def score_all(models, broken):
    """Scores twelve photographs without pose; ``broken`` gives other labels than the right one."""
    return [
        score_photograph(
            MaskedPhotograph(
                png(ellipse(40 + number)),
                png(broken.get(number, ellipse(40 + number))),
                {"image_id": f"{number:02}", "group_id": f"{number:02}"},
            ),
            models,
        )
        for number in range(12)
    ]


@pytest.mark.parametrize(
    "label",
    [ellipse(56, 12, 20, 10), ellipse(48, 32, 10, 8), ellipse(48, 32, 40, 30), 0 * ellipse(48)],
    ids=["elsewhere", "small", "large", "empty"],
)
@pytest.mark.parametrize("models", [GOOD, {"unet": GOOD["unet"]}, GOOD | POOR, POOR | GOOD])
def test_a_label_that_no_model_comes_near_is_the_first_suspect(models, label):
    scored = score_all(models, {5: label})
    assert max(score.figures.dice for score in scored[5].scores) < 0.8
    assert [suspect.image_id for suspect in suspected_labels(scored)] == ["05"]


def test_right_labels_are_no_suspects():
    assert suspected_labels(score_all(GOOD | POOR, {})) == []


def test_the_audit_is_given_each_photograph_with_its_label(monkeypatch, score_of):
    audited = []
    monkeypatch.setattr(
        "evaluation.suspected_labels.audit_labels", lambda each: audited.extend(each)
    )
    labels = [LabelObservation(10, 20, area, 0, 0, 1, 1, 0.5, 0.5) for area in (30, 40)]
    suspected_labels(
        ScoredPhotograph((score_of("m", image_id, dice=0.5), score_of("n", image_id)), label)
        for image_id, label in zip(("a_01", "b_02"), labels, strict=True)
    )
    assert audited == [
        LabelledPhotograph("a_01", "a", 1, labels[0], {"m": 0.5, "n": 1.0}),
        LabelledPhotograph("b_02", "b", 2, labels[1], {"m": 0.5, "n": 1.0}),
    ]


def test_a_line_for_each_suspect_in_their_order(tmp_path):
    suspects = [Suspect("b_02", 9.5, "upside\ndown é"), Suspect("a_01", 4.0, "gone")]
    write_suspects(str(tmp_path / "suspects.jsonl"), suspects)
    lines = (tmp_path / "suspects.jsonl").read_text().splitlines()
    assert [Suspect(**json.loads(line)) for line in lines] == suspects


def test_no_suspects_are_an_empty_file(tmp_path):
    write_suspects(str(tmp_path / "suspects.jsonl"), [])
    assert (tmp_path / "suspects.jsonl").read_bytes() == b""
