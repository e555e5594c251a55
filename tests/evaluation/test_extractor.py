import json
import logging
import threading

import cv2
import numpy as np
import pytest
import tensorflow_model_analysis as tfma

from evaluation.extractor import SCORES_KEY, _ModelsOfProcess, _ScorePhotograph
from pipeline.progress import LOGGER


class FakeModel:
    def __init__(self, reply=b"", input_size=None):
        self.input_size = input_size
        self._reply = reply
        self.closed = 0

    def reply(self, image):
        return self._reply

    def has_finite_probabilities(self, image):
        return True

    def close(self):
        self.closed += 1


@pytest.fixture
def loaded():
    """Models that were loaded, in their order."""
    return []


@pytest.fixture
def loader(loaded):
    def make(**arguments):
        def load():
            loaded.append(FakeModel(**arguments))
            return loaded[-1]

        return load

    return make


def fail():
    raise OSError("no such model")


def test_threads_of_a_process_share_its_models(loader, loaded):
    models = _ModelsOfProcess()
    first = models.acquire("one", {"a": loader(), "b": loader()})
    assert models.acquire("one", {"a": fail, "b": fail}) is first
    assert list(first.values()) == loaded
    models.release("one")
    assert [model.closed for model in loaded] == [0, 0]
    models.release("one")
    assert [model.closed for model in loaded] == [1, 1]


def test_evaluations_do_not_share_models(loader, loaded):
    models = _ModelsOfProcess()
    one = models.acquire("one", {"a": loader()})
    other = models.acquire("other", {"a": loader()})
    assert one["a"] is not other["a"]
    models.release("one")
    assert (one["a"].closed, other["a"].closed) == (1, 0)


def test_after_the_last_release_models_are_loaded_anew(loader, loaded):
    models = _ModelsOfProcess()
    for _ in range(2):
        assert models.acquire("one", {"a": loader()})["a"].closed == 0
        models.release("one")
    assert [model.closed for model in loaded] == [1, 1]


def test_threads_that_come_at_once_load_once(loaded):
    models, everyone, found = _ModelsOfProcess(), threading.Barrier(4), []

    def load():
        loaded.append(FakeModel())
        threading.Event().wait(0.05)
        return loaded[-1]

    def work():
        everyone.wait()
        found.append(models.acquire("one", {"a": load})["a"])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == loaded * 4


def test_a_model_that_cannot_be_loaded_leaves_none_behind(loader, loaded):
    models = _ModelsOfProcess()
    with pytest.raises(OSError, match="no such model"):
        models.acquire("one", {"a": loader(), "b": fail, "c": loader()})
    assert [model.closed for model in loaded] == [1]
    again = models.acquire("one", {"a": loader()})
    assert again == {"a": loaded[1]}
    assert loaded[1].closed == 0


def test_an_extract_holds_slices_figures_and_scores(raw_example, file_of, loader, loaded, caplog):
    truth = np.zeros((10, 20), np.uint8)
    truth[:, :4] = 255
    mask = truth.copy()
    mask[5:] = 0
    reply = cv2.imencode(".png", mask)[1].tobytes()
    record = raw_example("a_02", 20, 10, mask=file_of(truth, "PNG")).SerializeToString()
    step = _ScorePhotograph(
        {"half": loader(reply=reply, input_size=(10, 20)), "none": loader(reply=b"text")}, 7, None
    )
    step.setup()
    with caplog.at_level(logging.INFO, LOGGER.name):
        [extract] = step.process({tfma.INPUT_KEY: record})
    step.teardown()

    assert set(extract) == {tfma.FEATURES_KEY, tfma.PREDICTIONS_KEY, SCORES_KEY}
    places = {name: value.tolist() for name, value in extract[tfma.FEATURES_KEY].items()}
    assert places == {
        **{"image_id": [b"a_02"], "group_id": [b"a"], "pose": [2], "make": [b"Acme"]},
        **{"model": [b"Roadster"], "year": [2012], "height": [10], "width": [20]},
        "mask_area": [b"0.20-0.25"],
    }
    half, none = (extract[tfma.PREDICTIONS_KEY][name] for name in ("half", "none"))
    assert {value.dtype for value in (*half.values(), *none.values())} == {np.dtype(np.float64)}
    assert half["dice"] == pytest.approx([2 * 20 / 60])
    assert (half["recall"], half["false_area"], half["fault"]) == ([0.5], [20], [0])
    assert half["ceiling"] == [1]
    assert (none["dice"], none["false_area"], none["fault"]) == ([0], [40], [1])
    assert "ceiling" not in none
    scored = json.loads(extract[SCORES_KEY])
    assert [each["model"] for each in scored["scores"]] == ["half", "none"]
    assert scored["scores"][0]["figures"]["recall"] == 0.5
    assert scored["label"]["area"] == 40
    assert "\n" not in extract[SCORES_KEY]
    # The bar moves once per photograph.
    assert [record.advance.total for record in caplog.records] == [7]
    assert [model.closed for model in loaded] == [1, 1]
