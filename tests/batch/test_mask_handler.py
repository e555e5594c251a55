import pickle

import pytest

from batch import mask_handler
from batch.answer import Answer
from batch.listed_photograph import ListedPhotograph
from batch.mask_handler import MaskHandler
from batch.masking import Masking, ModelMember
from batch.read_photograph import ReadPhotograph
from components.quarantine import Reason


class Maker:
    def __init__(self):
        self.asked = []

    def masks(self, photographs):
        self.asked.append(list(photographs))
        return [Answer(b"mask of " + each) for each in photographs]


@pytest.fixture
def handler():
    return MaskHandler(Masking((ModelMember("m"),), True), 3)


def read(content=b"", detail=None):
    return ReadPhotograph(0, 4, ListedPhotograph("/a", "a", 1), content, detail, 0.5)


def test_only_what_could_be_read_is_asked_for(handler):
    maker = Maker()
    batch = [read(b"1"), read(detail="gone"), read(b"22")]
    results = handler.run_inference(batch, maker)
    assert maker.asked == [[b"1", b"22"]]
    assert [result.example for result in results] == batch
    assert [result.inference for result in results] == [
        Answer(b"mask of 1"),
        Answer(b"", reason=Reason.UNREADABLE, detail="gone"),
        Answer(b"mask of 22"),
    ]
    assert handler.get_num_bytes(batch) == 3


def test_what_was_not_read_has_the_readers_reason(handler):
    photograph = ListedPhotograph("/a", "a", 9)
    read = ReadPhotograph(0, 4, photograph, b"", "it has 9 bytes", 0.5, Reason.TOO_LARGE)
    [result] = handler.run_inference([read], Maker())
    assert result.inference == Answer(b"", reason=Reason.TOO_LARGE, detail="it has 9 bytes")


def test_a_batch_of_which_nothing_could_be_read(handler):
    maker = Maker()
    [result] = handler.run_inference([read(detail="gone")], maker)
    assert result.inference.reason is Reason.UNREADABLE
    assert maker.asked == []


def test_batches_have_one_size(handler):
    assert handler.batch_elements_kwargs() == {"min_batch_size": 3, "max_batch_size": 3}


def test_it_travels_to_the_workers_and_loads_there(handler, monkeypatch):
    loaded = []
    monkeypatch.setattr(mask_handler, "load_mask_maker", loaded.append)
    pickle.loads(pickle.dumps(handler)).load_model()
    assert loaded == [Masking((ModelMember("m"),), True)]
