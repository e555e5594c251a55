import cv2
import numpy as np
import pytest

from batch.batch_failed import BatchFailed
from batch.signature_masks import SignatureMasks
from components.quarantine import Reason
from serving.errors import ServingError, StatusCode
from serving.server.servable import Servable
from tests.batch.exported_models import LIMITS
from trainer.rle import decode


@pytest.fixture(scope="module")
def path(exported):
    return exported()


@pytest.fixture(scope="module", params=[True, False], ids=["rle", "png"])
def maker(request, path):
    maker = SignatureMasks.load(path, as_rle=request.param)
    yield maker
    maker.close()


def test_masks_are_those_of_the_server_one_at_a_time(maker, path, image_file):
    images = [image_file(60 + seed, 40, seed) for seed in range(5)]
    answers = maker.masks(images)
    with Servable.load(path) as servable:
        for image, answer in zip(images, answers, strict=True):
            inputs = {"image_bytes": np.array([image], dtype=object)}
            signature = "rle" if maker._as_rle else "serving_default"
            [reply] = servable.predict(inputs, signature).popitem()[1]
            assert answer.mask == reply
    assert [(answer.height, answer.width) for answer in answers] == [
        (40, 60 + seed) for seed in range(5)
    ]


def test_areas_are_counted(maker, image_file):
    image = image_file(60, 40, 1)
    [answer] = maker.masks([image])
    if maker._as_rle:
        pixels = decode(answer.mask.decode(), 40, 60)
    else:
        pixels = cv2.imdecode(np.frombuffer(answer.mask, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert answer.area == np.count_nonzero(pixels) > 0


def test_a_mask_without_object_has_no_area(maker, file_of):
    [answer] = maker.masks([file_of(np.zeros((40, 60, 3), np.uint8), "PNG")])
    assert (answer.area, answer.reason) == (0, None)


def test_bad_photographs_do_not_touch_the_others(maker, image_file, file_of):
    good = [image_file(60, 40, seed) for seed in range(2)]
    large = file_of(np.zeros((400, 400, 3), np.uint8), "PNG")
    broken_pixels = bytearray(image_file(60, 40, 2, "PNG"))
    broken_pixels[60:80] = bytes(20)
    bad = [b"", b"no photograph", good[0][:300], large, bytes(broken_pixels)]
    assert LIMITS.max_pixels < 400 * 400
    answers = maker.masks([good[0], *bad, good[1]])
    assert [answers[0].mask, answers[-1].mask] == [each.mask for each in maker.masks(good)]
    assert [(answer.reason, answer.mask) for answer in answers[1:-1]] == [
        (Reason.UNDECODABLE_IMAGE, b""),
        (Reason.UNDECODABLE_IMAGE, b""),
        (Reason.TRUNCATED_IMAGE, b""),
        (Reason.TOO_LARGE, b""),
        (Reason.UNDECODABLE_IMAGE, b""),
    ]
    assert [answer.detail for answer in answers[1:5]] == [
        "it is empty",
        "it is no JPEG or PNG file: it begins with 6e 6f 20 70 68 6f 74 6f",
        answers[3].detail,
        f"it has 160000 pixels, and {LIMITS.max_pixels} are the most",
    ]
    assert answers[3].detail.startswith("it is cut short")
    assert answers[5].detail.startswith("it ")


def test_seconds_are_the_batches_shared_out(maker, image_file):
    answers = maker.masks([image_file(60, 40, seed) for seed in range(3)])
    assert len({answer.seconds for answer in answers}) == 1
    assert answers[0].seconds > 0


def test_another_fault_than_the_photographs_stops_the_run(maker, image_file, monkeypatch):
    def fail(*_):
        raise ServingError(StatusCode.RESOURCE_EXHAUSTED, "out of\nmemory")

    monkeypatch.setattr(maker._model, "predict", fail)
    with pytest.raises(BatchFailed, match="the model stopped with RESOURCE_EXHAUSTED: out of mem"):
        maker.masks([image_file()])


def test_a_model_that_cannot_be_loaded(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"nonsense")
    with pytest.raises(BatchFailed, match="cannot be loaded"):
        SignatureMasks.load(str(tmp_path), as_rle=True)
