import pickle

import cv2
import numpy as np
import pytest

from batch.batch_failed import BatchFailed
from batch.pictures import Pictures, make_pictures


@pytest.fixture
def photograph(image_file):
    return image_file(60, 40, 1, "PNG")


@pytest.fixture
def mask(mask_file):
    return mask_file(60, 40, 1, "PNG")


def test_a_mask_is_passed_on(photograph, mask):
    assert Pictures("png").make(photograph, mask) == mask


def test_a_colour_behind(photograph, mask, pixels_of_mask):
    pictures = make_pictures("composite", "#0a0b0c", 0.0, None)
    assert pictures.suffix == ".png"
    made = cv2.imdecode(np.frombuffer(pictures.make(photograph, mask), np.uint8), -1)
    assert (made[pixels_of_mask(60, 40, 1) == 0] == (12, 11, 10)).all()


def test_a_picture_behind_travels_to_the_workers(photograph, mask, pixels_of_mask, tmp_path):
    behind = np.full((40, 60, 3), (1, 2, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "behind.png"), behind)
    pictures = make_pictures("composite", str(tmp_path / "behind.png"), 0.0, None)
    (tmp_path / "behind.png").unlink()
    pictures = pickle.loads(pickle.dumps(pictures))
    made = cv2.imdecode(np.frombuffer(pictures.make(photograph, mask), np.uint8), -1)
    assert (made[pixels_of_mask(60, 40, 1) == 0] == (1, 2, 3)).all()


def test_jpeg_files(photograph, mask):
    pictures = make_pictures("composite", "#fff", 0.0, 90)
    assert pictures.suffix == ".jpg"
    assert pictures.make(photograph, mask)[:3] == b"\xff\xd8\xff"


@pytest.mark.parametrize("background", ["#12", "nowhere.png", "text.png"])
def test_what_is_no_background(background, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("text")
    with pytest.raises(BatchFailed, match=background):
        make_pictures("composite", background, 0.0, None)
