import itertools
import logging

import pytest

from evaluation import probe as probe_module
from evaluation.masked_photograph import MaskedPhotograph
from evaluation.probe import Probe, probe
from pipeline.progress import LOGGER


class FakeModel:
    """Answers with what it was given for each photograph, reply after reply."""

    input_size = None

    def __init__(self, replies, finite=None):
        self._replies = {image: iter(each) for image, each in replies.items()}
        self._finite = finite or {}

    def reply(self, image):
        return self._answer(next(self._replies[image]))

    def has_finite_probabilities(self, image):
        return self._answer(self._finite.get(image, True))

    @staticmethod
    def _answer(given):
        if isinstance(given, Exception):
            raise given
        return given

    def close(self):
        pass


def photographs(*names):
    return [MaskedPhotograph(name, b"", {"image_id": name.decode()}) for name in names]


@pytest.fixture
def clock(monkeypatch):
    """A stop watch whose readings are 1, 4, 9, 16 ... seconds: laps of 3, 7, 11 ..."""
    ticks = (n * n for n in itertools.count(1))
    monkeypatch.setattr(probe_module.time, "perf_counter", lambda: next(ticks))


def test_a_model_without_blemish(clock):
    model = FakeModel({b"a": [b"x", b"x"], b"b": [b"y", b"y"]})
    assert probe(model, photographs(b"a", b"b"), 2) == Probe(2, (), {"a": 3, "b": 7}, ())


def test_other_bytes_the_second_time_are_found(clock):
    model = FakeModel({b"a": [b"x", b"x"], b"b": [b"y", b"z"], b"c": [b"", b"z"]})
    assert probe(model, photographs(b"a", b"b", b"c"), 3).unequal_repeats == ("b", "c")


def test_probabilities_that_are_no_numbers_are_found(clock):
    model = FakeModel({b"a": [b"x", b"x"], b"b": [b"y", b"y"]}, {b"b": False})
    found = probe(model, photographs(b"a", b"b"), 2)
    assert (found.non_finite, found.unequal_repeats) == (("b",), ())


def test_only_the_second_request_is_timed(clock):
    class Slow(FakeModel):
        def reply(self, image):
            # The first request would take all the stop watch's short laps.
            asked.append(probe_module.time.perf_counter() if not asked else None)
            return super().reply(image)

    asked = []
    assert probe(Slow({b"a": [b"x", b"x"]}), photographs(b"a"), 1).latencies == {"a": 9 - 4}
    assert asked == [1, None]


@pytest.mark.parametrize(
    ("replies", "finite"),
    [
        ([ValueError("first")], True),
        ([b"x", ValueError("second")], True),
        ([b"x", b"z"], ValueError("probabilities")),
    ],
)
def test_a_photograph_that_the_model_fails_on_is_left_out(replies, finite):
    model = FakeModel(
        {b"a": [b"x", b"x"], b"bad": replies, b"c": [b"y", b"y"]}, {b"bad": finite, b"c": False}
    )
    found = probe(model, photographs(b"a", b"bad", b"c"), 3)
    assert (found.repeated, set(found.latencies)) == (2, {"a", "c"})
    assert (found.unequal_repeats, found.non_finite) == ((), ("c",))


def test_no_photographs():
    assert probe(FakeModel({}), [], 0) == Probe(0, (), {}, ())


def test_the_bar_reaches_its_end_although_the_model_fails(caplog):
    model = FakeModel({b"a": [b"x", b"x"], b"b": [ValueError("no")]})
    with caplog.at_level(logging.INFO, LOGGER.name):
        probe(model, photographs(b"a", b"b"), 2)
    assert [(r.advance.total, r.advance.done) for r in caplog.records] == [(2, None), (2, None)]
