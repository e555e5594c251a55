"""What the page says of a run's fits, and what where something is missing."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline import features
from report.page import page_of
from report.results.training_sections import training_sections

HISTORY = {
    "dice": [0.5, 0.8, 0.9],
    "loss": [1.0, 0.5, 0.25],
    "val_dice": [0.1, 0.85, 0.8],
    "val_loss": [2.0, 0.5, 0.75],
    "learning_rate": [0.001, 0.002, 0.0],
}
# Nothing that depends on how an image is resampled.
STILL = {"horizontal_flip": 1.0, "warp": 0.0, "hsv": 0.0}


@pytest.fixture
def read(finished_run, read_page):
    """Builds the sections of a run and reads them."""

    def read():
        return read_page(page_of("Run", "", training_sections(finished_run.files)).decode())

    return read


@pytest.fixture
def transformed(finished_run, write_records):
    """Leaves examples as Transform does: a red car on the left of a black photograph."""

    def write(count, height=16, width=24):
        image, mask = np.zeros((height, width, 3), np.uint8), np.zeros((height, width, 1), np.uint8)
        image[4:12, 2:8], mask[4:12, 2:8] = (200, 0, 0), 255
        example = tf.train.Example()
        for name, pixels in ((features.IMAGE_TENSOR, image), (features.MASK_TENSOR, mask)):
            value = tf.io.serialize_tensor(pixels).numpy()
            example.features.feature[name].bytes_list.value.append(value)
        folder = Path(finished_run.files.transformed_examples, "Split-train")
        write_records(folder / "data.gz", [example] * count)

    return write


def test_how_a_fit_went(finished_run, read):
    finished_run.fit("unet", HISTORY, {"epochs": 5, "seed": 7, "batch_size": 4}, replicas=2)
    finished_run.fit("cnn", HISTORY, started_from="/w/<b>.h5", seconds=7384.0)
    finished_run.fit("average_mask", parameters=384)
    text = read().sections["training"]
    assert "U-Net CNN Average mask Input, pixels 24x16 24x16 24x16" in text
    assert "Parameters 1,234,567 1,234,567 384 Epochs 3 of 5 3 of 3 Best epoch 2 2" in text
    assert "Time 1 min 15 s 2 h 3 min 1 min 15 s Threshold 0.5000 0.5000 0.5000" in text
    assert "Dice on val 0.8750 0.8750 0.8750" in text
    assert "Started from random weights (seed 7). Batches of 4, bce + dice loss, adamw" in text
    assert "learning rate 0.002 at its peak (warmup cosine), float32, 2 devices together." in text
    assert "Started from the weights in /w/<b>.h5." in text
    assert "missing" not in text


def test_curves(finished_run, read):
    finished_run.fit("unet", HISTORY)
    finished_run.fit("cnn", {"val_dice": [0.5]})
    assert read().plots == [
        "U-Net: Dice at the model's size by epoch, the best ringed; scale stretched towards 1",
        "U-Net: loss by epoch",
        "U-Net: learning rate by epoch",
        "CNN: Dice at the model's size by epoch, the best ringed; scale stretched towards 1",
    ]


def test_a_loss_that_is_no_number(finished_run, read):
    history = HISTORY | {"loss": ["nan", "inf", 0.5], "val_loss": ["nan"] * 3}
    finished_run.fit("unet", history)
    page = read()
    assert "5 values of the history are no number" in page.sections["training"]
    assert "U-Net: loss by epoch" in page.plots


def test_nothing_but_numbers_that_are_none(finished_run, read):
    finished_run.fit("unet", {"loss": ["nan"], "val_dice": ["nan"], "epoch_": ["nan"]})
    page = read()
    assert page.plots == []
    assert "3 values of the history are no number" in page.sections["training"]
    assert "Best epoch unknown" in page.sections["training"]


def test_no_epoch(finished_run, read, transformed):
    finished_run.fit("unet", None, {"epochs": 0}, started_from="weights.h5")
    transformed(1)
    page = read()
    assert "Epochs 0 of 0 Best epoch none" in page.sections["training"]
    assert "No epoch was run: the model is what it started from" in page.sections["training"]
    assert "no photograph was augmented" in page.sections["augmentation"]
    assert page.pictures == []


def test_a_history_that_is_gone(finished_run, read):
    finished_run.fit("unet", None, epochs=3)
    assert "history.csv is missing" in read().sections["training"]


def test_a_fit_that_is_gone(finished_run, read):
    text = read().sections["training"]
    assert text.count("Its fit.json is missing") == 2
    assert "Parameters" not in text


def test_augmented_samples(finished_run, read, transformed):
    finished_run.fit("unet", HISTORY, {"augmentation": STILL})
    finished_run.fit("cnn", HISTORY, {"augmentation": STILL})
    transformed(17)
    page = read()
    text = page.sections["augmentation"]
    # Both at once, as they are the same.
    assert "U-Net and CNN Changed at random" in text
    assert "mirrored (100%)." in text
    [sheet] = page.pictures
    # Three rows of the photograph and four mirrored ones, of 192x128 pixels each, 4 apart.
    assert sheet.shape[:2] == (3 * 128 + 2 * 4, 5 * 192 + 4 * 4)
    red = sheet[:, :, 2].astype(int) - sheet[:, :, 1] > 100
    for row in range(3):
        for column in range(5):
            tile = red[132 * row : 132 * row + 128, 196 * column : 196 * column + 192]
            shares = tile[:, :96].mean(), tile[:, 96:].mean()
            # 6 of 12 columns and 8 of 16 rows, less the outline.
            assert sorted(shares) == pytest.approx([0, 0.25], abs=0.06)
            assert (shares[0] > shares[1]) == (column == 0)


def test_few_examples_and_none(finished_run, read, transformed):
    finished_run.fit("unet", HISTORY, {"augmentation": {**STILL, "jpeg": 0.5, "rotate": 5.0}})
    assert "Transform's examples of train are not there any more" in read().sections["augmentation"]
    transformed(0)
    assert read().pictures == []
    transformed(1)
    page = read()
    [sheet] = page.pictures
    assert sheet.shape[0] == 128
    # What is never done is not told.
    assert "mirrored (100%); JPEG quality down to 50 (50%)." in page.sections["augmentation"]


def test_a_large_sheet_is_shrunk(finished_run, read, transformed):
    finished_run.fit("unet", HISTORY, {"augmentation": STILL}, size=(32, 260))
    transformed(1, 32, 260)
    [sheet] = read().pictures
    assert sheet.shape[:2] == (round(32 * 1000 / (5 * 260 + 4 * 4)), 1000)


def test_models_that_were_augmented_otherwise(finished_run, read, transformed):
    changed = {"warp": 0.25, "shift": 0.0, "scale": 0.2, "rotate": 5.0, "horizontal_flip": 0.0}
    finished_run.fit("unet", HISTORY, {"augmentation": {**STILL, **changed, "contrast": 0.1}})
    off = {"augmentation": {"horizontal_flip": 0.0, "warp": 0.0, "hsv": 0.0}}
    finished_run.fit("cnn", HISTORY, off)
    transformed(2)
    page = read()
    text = page.sections["augmentation"]
    assert (
        "scaled by up to 20%, turned by up to 5 degrees (25%); contrast by up to 10% (100%)."
        in text
    )
    assert "CNN Nothing is changed." in text
    assert len(page.pictures) == 2


def test_examples_of_another_size_are_an_error(finished_run, transformed):
    finished_run.fit("unet", HISTORY, size=(8, 8))
    transformed(1)
    with pytest.raises(tf.errors.InvalidArgumentError):
        training_sections(finished_run.files)
