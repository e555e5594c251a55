import math

import cv2
import numpy as np
import pytest

from evaluation import masked_photograph, score_photograph
from evaluation.ceiling import ceiling
from evaluation.masked_photograph import MaskedPhotograph
from evaluation.score_photograph import ScoredPhotograph
from evaluation.truth import Truth

HEIGHT, WIDTH = 20, 30


def png(pixels):
    return cv2.imencode(".png", np.asarray(pixels, np.uint8))[1].tobytes()


def mask_of(rows):
    """A car of 10 columns and so many rows."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[5 : 5 + rows, 5:15] = 255
    return mask


class FakeModel:
    def __init__(self, reply, input_size=None, finite=True):
        self.input_size = input_size
        self._reply, self._finite = reply, finite

    def reply(self, image):
        assert image == b"the photograph"
        if isinstance(self._reply, Exception):
            raise self._reply
        return self._reply

    def has_finite_probabilities(self, image):
        assert image == b"the photograph"
        if isinstance(self._finite, Exception):
            raise self._finite
        return self._finite

    def close(self):
        pass


@pytest.fixture
def photograph():
    values = {"image_id": "a_02", "group_id": "a", "pose": 2, "make": "Acme", "year": 2012}
    return MaskedPhotograph(b"the photograph", png(mask_of(10)), values)


def score(photograph, **models):
    """Scores models, given as such or as their replies."""
    return score_photograph.score_photograph(
        photograph,
        {name: m if isinstance(m, FakeModel) else FakeModel(m) for name, m in models.items()},
    )


def test_a_score_says_all_of_the_photograph_and_the_mask(photograph):
    reply = png(mask_of(5))
    [found] = score(photograph, unet=reply).scores
    assert (found.model, found.image_id, found.group_id, found.pose) == ("unet", "a_02", "a", 2)
    assert (found.make, found.year, found.height, found.width) == ("Acme", 2012, HEIGHT, WIDTH)
    assert found.mask_area == pytest.approx(100 / 600)
    assert found.figures.dice == pytest.approx(2 * 50 / 150)
    assert found.figures == Truth(mask_of(10)).figures(mask_of(5))
    assert found.reply_bytes == len(reply)
    assert found.seconds >= 0
    assert (found.ceiling, found.fault) == (-1, "")


def test_what_the_record_does_not_say_is_unknown():
    photograph = MaskedPhotograph(
        b"the photograph", png(mask_of(10)), {"image_id": "a", "group_id": "b"}
    )
    [found] = score(photograph, unet=png(mask_of(10))).scores
    assert (found.pose, found.make, found.year) == (-1, "", -1)


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (RuntimeError("out of memory"), "RuntimeError: out of memory"),
        (b"text", "ValueError: the mask is no one-channel PNG"),
        (b"", "ValueError: the mask is no one-channel PNG"),
        (np.float32(0.5), "TypeError: the reply is no file but float32"),
        (png(mask_of(10)[:, 1:]), "ValueError: the mask is 29x20, the photograph 30x20"),
        (png(mask_of(10).T), "ValueError: the mask is 20x30, the photograph 30x20"),
        (
            png(np.minimum(mask_of(10), 254)),
            "ValueError: the mask has other values than 0 and 255",
        ),
        (png(mask_of(10) // 255), "ValueError: the mask has other values than 0 and 255"),
    ],
    ids=["raises", "text", "nothing", "no bytes", "narrow", "turned", "254", "0 and 1"],
)
def test_a_fault_has_the_figures_of_no_mask_and_others_are_still_scored(photograph, reply, fault):
    first, bad, last = score(
        photograph, first=png(mask_of(10)), bad=reply, last=png(mask_of(5))
    ).scores
    assert bad.fault == fault
    assert bad.figures == Truth(mask_of(10)).no_mask()
    assert (bad.figures.dice, bad.figures.false_area) == (0, 100)
    assert bad.figures.boundary_distance == math.hypot(HEIGHT, WIDTH)
    assert bad.reply_bytes == (len(reply) if isinstance(reply, bytes) else 0)
    assert [first.model, bad.model, last.model] == ["first", "bad", "last"]
    assert (first.figures.dice, first.fault) == (1, "")
    assert (last.figures.dice, last.fault) == (pytest.approx(2 / 3), "")


def test_an_empty_mask_of_probabilities_that_are_no_numbers_is_a_fault(photograph):
    empty = png(mask_of(0))
    honest, broken, unsure = score(
        photograph,
        honest=FakeModel(empty),
        broken=FakeModel(empty, finite=False),
        unsure=FakeModel(empty, finite=OSError("gone")),
    ).scores
    assert honest.fault == ""
    assert broken.fault == "ValueError: the probabilities hold NaN or infinity"
    assert unsure.fault == "OSError: gone"
    assert honest.figures == broken.figures == unsure.figures == Truth(mask_of(10)).no_mask()
    assert broken.reply_bytes == unsure.reply_bytes == len(empty)


def test_probabilities_are_asked_for_only_where_the_mask_is_empty(photograph):
    model = FakeModel(png(mask_of(1)), finite=AssertionError("asked"))
    assert score(photograph, unet=model).scores[0].fault == ""


def test_an_empty_truth_is_met_by_an_empty_mask_and_not_by_a_fault():
    values = {"image_id": "a_01", "group_id": "a"}
    photograph = MaskedPhotograph(b"the photograph", png(mask_of(0)), values)
    right, fault = score(photograph, right=png(mask_of(0)), fault=b"text").scores
    assert (right.figures.dice, right.mask_area) == (1, 0)
    assert fault.figures.dice == 0


def test_the_truth_is_decoded_and_measured_once(photograph, monkeypatch):
    decoded, measured = [], []
    decode = masked_photograph.decode_mask_png

    def counting_decode(file):
        decoded.append(file)
        return decode(file)

    def counting_truth(mask):
        measured.append(mask)
        return Truth(mask)

    monkeypatch.setattr(masked_photograph, "decode_mask_png", counting_decode)
    monkeypatch.setattr(score_photograph, "decode_mask_png", counting_decode)
    monkeypatch.setattr(score_photograph, "Truth", counting_truth)
    replies = {f"m{rows}": png(mask_of(rows)) for rows in (7, 8, 9)}
    assert len(score(photograph, **replies).scores) == 3
    assert decoded.count(photograph.mask) == 1
    assert sorted(decoded) == sorted([photograph.mask, *replies.values()])
    assert len(measured) == 1


def test_a_ceiling_is_computed_once_per_input_size(photograph, monkeypatch):
    sizes = []

    def counting(truth, height, width):
        sizes.append((height, width))
        return ceiling(truth, height, width)

    monkeypatch.setattr(score_photograph, "ceiling", counting)
    reply = png(mask_of(10))
    scores = score(
        photograph,
        a=FakeModel(reply, (4, 6)),
        b=FakeModel(reply, (20, 30)),
        c=FakeModel(b"text", (4, 6)),
        d=FakeModel(reply),
    ).scores
    small = ceiling(mask_of(10), 4, 6)
    assert 0 < small < 1
    assert [each.ceiling for each in scores] == [small, 1, small, -1]
    assert sizes == [(4, 6), (20, 30)]


def test_every_model_with_a_mask_is_heard_on_the_label_however_badly_it_does(photograph):
    label = score(
        photograph, a=png(mask_of(10)), b=png(mask_of(1)), c=b"text", d=png(mask_of(0))
    ).label
    assert (label.area, label.left, label.right) == (100, 5, 15)
    assert {each.models: each.surplus for each in label.objections} == {
        ("a",): 0,
        ("b",): 90,
        ("d",): 100,
        ("a", "b"): 0,
        ("a", "d"): 0,
        ("b", "d"): 90,
    }


def test_only_some_may_be_heard_on_the_label(photograph):
    models = {name: FakeModel(png(mask_of(1))) for name in ("unet", "cnn", "blessed")}
    found = score_photograph.score_photograph(photograph, models, heard=("blessed", "unet"))
    heard = [each.models for each in found.label.objections]
    assert heard == [("blessed",), ("unet",), ("blessed", "unet")]
    assert [each.model for each in found.scores] == ["unet", "cnn", "blessed"]


def test_without_a_model_only_the_label_is_looked_at(photograph):
    found = score(photograph)
    assert isinstance(found, ScoredPhotograph)
    assert (found.scores, found.label.area) == ((), 100)


def test_a_truth_that_is_no_mask_is_refused():
    photograph = MaskedPhotograph(b"the photograph", b"text", {"image_id": "a", "group_id": "a"})
    with pytest.raises(ValueError, match="no one-channel PNG"):
        score(photograph, a=png(mask_of(1)))
