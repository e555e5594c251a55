import csv
import dataclasses
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import AugmentationConfig, FitConfig, TrainerConfig, UNetConfig
from pipeline.progress import LOGGER
from trainer import input_pipeline
from trainer.build_model import build_model
from trainer.dice import hard_dice
from trainer.fit_model import fit_model
from trainer.fit_progress import FitProgress
from trainer.stop_on_nan import NonFiniteLoss

UNET = UNetConfig(filters=4, depth=1, max_filters=8, encoder_convs=1, decoder_convs=1)
LIGHT = AugmentationConfig(hsv=0.0, brightness=0.1, contrast=0.1)
FIT = FitConfig(epochs=4, batch_size=2, learning_rate=0.02, patience=4, seed=3, augmentation=LIGHT)


def fitted(transformed, folder, model="cnn", unet=UNET, deep_supervision=0, **changes):
    """Fits a model and returns it with its epochs and the rows of its history."""
    config = dataclasses.replace(FIT, **changes)
    keras.utils.set_random_seed(config.seed)
    train, val = transformed.dataset("train"), transformed.dataset("val")
    network = build_model(TrainerConfig(model, transformed.size, unet, config), train)
    epochs = fit_model(network, train, val, transformed.size, config, str(folder), deep_supervision)
    with (folder / "history.csv").open() as file:
        return network, epochs, list(csv.DictReader(file))


def column(rows, name):
    return [float(row[name]) for row in rows]


def val_dice(model, transformed):
    batches = input_pipeline.scoring_batches(transformed.dataset("val"), transformed.size, 8)
    [(images, masks)] = batches
    mask = (model(images, training=False).numpy() > 0)[..., 0].astype(np.uint8)
    truth = (masks.numpy() > 0.5)[..., 0].astype(np.uint8)
    return np.mean([hard_dice(*pair) for pair in zip(truth, mask, strict=True)])


def test_lowers_the_loss_and_writes_each_epoch_down(transformed, tmp_path):
    _, epochs, rows = fitted(transformed, tmp_path, epochs=8, patience=8)
    assert epochs == len(rows) == 8
    loss = column(rows, "loss")
    assert loss[-1] < 0.6 * loss[0]
    assert column(rows, "dice")[-1] > 0.8
    assert column(rows, "epoch") == list(range(8))


def test_leaves_the_weights_of_the_best_epoch(transformed, tmp_path):
    # So fast that later epochs are worse.
    model, _, rows = fitted(transformed, tmp_path, learning_rate=0.1, epochs=6, patience=6)
    dice = column(rows, "val_dice")
    assert max(dice) > dice[-1]
    assert val_dice(model, transformed) == pytest.approx(max(dice), abs=1e-5)


def test_stops_when_val_dice_no_longer_rises(transformed, tmp_path):
    # A learning rate that changes nothing: the first epoch stays the best.
    _, epochs, rows = fitted(transformed, tmp_path, learning_rate=1e-12, epochs=9, patience=2)
    assert epochs == len(rows) == 3


def test_same_seed_same_weights(transformed, tmp_path):
    # With augmentation, batch normalization and a shuffle that has something to do.
    one, same = (
        fitted(transformed, tmp_path / name, "unet", epochs=2)[0].get_weights()
        for name in ("one", "same")
    )
    assert_equal_weights(one, same)


def assert_equal_weights(one, same):
    for weight, same_weight in zip(one, same, strict=True):
        np.testing.assert_array_equal(weight, same_weight)


def test_a_loss_that_is_no_number_names_its_photographs(transformed, tmp_path, monkeypatch):
    asked = {}
    real = input_pipeline.training_image_ids

    def image_ids(train, size, batch_size, seed, epoch, step):
        asked["ids"] = real(train, size, batch_size, seed, epoch, step)
        asked["place"] = (epoch, step)
        return asked["ids"]

    monkeypatch.setattr(input_pipeline, "training_image_ids", image_ids)
    with pytest.raises(NonFiniteLoss) as error:
        fitted(transformed, tmp_path, learning_rate=1e30)
    assert len(asked["ids"]) in (1, 2)
    epoch, step = asked["place"]
    assert f"in epoch {epoch + 1}, step {step + 1}, on the photographs" in str(error.value)
    assert ", ".join(asked["ids"]) in str(error.value)


class Killed(BaseException):
    """What a test raises in place of SIGKILL."""


RECIPES = {
    "cosine": {},
    "running mean": {"ema_momentum": 0.9, "clip_norm": 1.0},
    # A rate at which val Dice soon stops rising: the plateau's and early stopping's counts matter.
    "plateau": {
        "optimizer": "rmsprop",
        "schedule": "reduce_on_plateau",
        "learning_rate": 0.05,
        "plateau_patience": 1,
        "patience": 3,
    },
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_killed_fit_goes_on_to_the_same_result(transformed, tmp_path, monkeypatch, recipe):
    arguments = {"epochs": 6, **RECIPES[recipe]}
    whole, epochs, rows = fitted(transformed, tmp_path / "whole", "unet", **arguments)

    def kill(self, batch, logs):
        if self._epoch == 3 and batch == 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(FitProgress, "on_train_batch_end", kill)
        with pytest.raises(Killed):
            fitted(transformed, tmp_path / "killed", "unet", **arguments)

    first = []
    begin = FitProgress.on_epoch_begin
    monkeypatch.setattr(
        FitProgress,
        "on_epoch_begin",
        lambda self, epoch, logs: (first.append(epoch), begin(self, epoch, logs)),
    )
    resumed, resumed_epochs, resumed_rows = fitted(
        transformed, tmp_path / "killed", "unet", **arguments
    )
    assert first[0] == 3
    assert resumed_epochs == epochs
    assert resumed_rows == rows
    assert_equal_weights(resumed.get_weights(), whole.get_weights())


def test_running_mean_is_what_is_scored_and_kept(transformed, tmp_path):
    model, _, rows = fitted(transformed, tmp_path / "mean", "unet", ema_momentum=0.5)
    own, _, own_rows = fitted(transformed, tmp_path / "own", "unet")
    # The same steps, another model looked at.
    assert column(rows, "loss") == pytest.approx(column(own_rows, "loss"), rel=1e-4)
    assert column(rows, "val_loss") != pytest.approx(column(own_rows, "val_loss"), rel=1e-3)
    best = max(column(rows, "val_dice"))
    assert val_dice(model, transformed) == pytest.approx(best, abs=1e-5)


def test_the_plateau_lowers_the_rate(transformed, tmp_path):
    _, _, rows = fitted(
        transformed,
        tmp_path,
        optimizer="rmsprop",
        schedule="reduce_on_plateau",
        learning_rate=1e-9,
        plateau_patience=2,
        plateau_factor=0.1,
        epochs=6,
        patience=6,
    )
    # Nothing is learned: the first epoch stays the best, and every two epochs the rate falls.
    assert column(rows, "learning_rate") == pytest.approx([1e-9] * 3 + [1e-10] * 2 + [1e-11])


def test_weight_decay_and_clipping_reach_the_optimizer(transformed, tmp_path):
    plain = fitted(transformed, tmp_path / "plain", epochs=1)[0].get_weights()
    decayed = fitted(transformed, tmp_path / "decayed", epochs=1, weight_decay=5.0)[0]
    clipped = fitted(
        transformed, tmp_path / "clipped", epochs=1, clip_norm=1e-3, optimizer="rmsprop"
    )[0]
    assert np.abs(decayed.get_weights()[0]).sum() < 0.9 * np.abs(plain[0]).sum()
    unclipped = fitted(transformed, tmp_path / "unclipped", epochs=1, optimizer="rmsprop")[0]
    assert clipped.optimizer.global_clipnorm == 1e-3
    assert np.abs(clipped.get_weights()[0] - unclipped.get_weights()[0]).max() > 0


def test_deep_supervision_fits_the_same_model(transformed, tmp_path):
    deeper = dataclasses.replace(UNET, depth=2)
    model, _, rows = fitted(transformed, tmp_path / "deep", "unet", deeper, 1, epochs=2)
    plain, _, _ = fitted(transformed, tmp_path / "plain", "unet", deeper, epochs=2)
    assert [w.path for w in model.weights] == [w.path for w in plain.weights]
    assert val_dice(model, transformed) == pytest.approx(max(column(rows, "val_dice")), abs=1e-5)
    pairs = zip(model.get_weights(), plain.get_weights(), strict=True)
    moved = [np.abs(a - b).max() for a, b in pairs]
    assert max(moved) > 1e-3


def test_tensorboard_gets_scalars_rates_and_masks(transformed, tmp_path):
    fitted(transformed, tmp_path, epochs=2)
    tags = {}
    for path in (tmp_path / "tensorboard").rglob("events.*"):
        kind = path.parent.name
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                tags.setdefault(kind, {}).setdefault(value.tag, []).append(value)
    assert len(tags["train"]["epoch_loss"]) == 2
    assert len(tags["train"]["epoch_learning_rate"]) == 2
    assert len(tags["validation"]["epoch_dice"]) == 2
    first, last = tags["masks"]["photograph, mask, probability"]
    width, height, *pictures = first.tensor.string_val
    assert (width, height) == (b"72", b"16")
    assert len(pictures) == 4
    # The truth in the middle stays, the probability on the right moves.
    one, two = (tf.io.decode_png(value.tensor.string_val[2]).numpy() for value in (first, last))
    np.testing.assert_array_equal(one[:, :48], two[:, :48])
    assert (one[:, 48:] != two[:, 48:]).any()


def test_every_photograph_is_used_in_every_epoch(transformed, tmp_path, monkeypatch):
    batches = []
    monkeypatch.setattr(
        FitProgress, "on_train_batch_end", lambda self, batch, logs: batches.append(batch)
    )
    fitted(transformed, tmp_path, epochs=2, batch_size=2)
    # Five photographs: two batches of two, and one more.
    assert batches == [0, 1, 2, 0, 1, 2]


class TestProgress:
    @pytest.fixture
    def advances(self):
        records = []
        handler = SimpleNamespace(level=0, handle=lambda record: records.append(record.advance))
        level = LOGGER.level
        LOGGER.setLevel("INFO")
        LOGGER.addHandler(handler)
        yield records
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)

    def test_each_batch_is_reported(self, transformed, tmp_path, advances):
        _, _, rows = fitted(transformed, tmp_path, epochs=2, batch_size=2)
        assert [advance.total for advance in advances] == [2 * 3] * 6
        notes = [advance.note for advance in advances]
        assert notes[2] == f"epoch 1/2  loss {float(rows[0]['loss']):.4f}"
        dice = float(rows[0]["val_dice"])
        assert notes[5] == (f"epoch 2/2  loss {float(rows[1]['loss']):.4f}  val Dice {dice:.4f}")
