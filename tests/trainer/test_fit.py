import csv
import dataclasses
import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from pipeline import features
from pipeline.config import (
    TRAINER_CONFIG,
    AugmentationConfig,
    FitConfig,
    TrainerConfig,
    UNetConfig,
)
from pipeline.progress import LOGGER
from serving.servable import Servable
from trainer import input_pipeline, signatures
from trainer.dice import hard_dice
from trainer.fit import build, fit, run_fn
from trainer.fit_progress import FitProgress

UNET = UNetConfig(filters=4, depth=1, max_filters=8, encoder_convs=1, decoder_convs=1)
FIT = FitConfig(epochs=4, batch_size=2, learning_rate=0.02, patience=4, seed=3)


def fitted(transformed, tmp_path, model="cnn", **changes):
    """Fits a model and returns it with its epochs and the rows of its history."""
    config = dataclasses.replace(FIT, **changes)
    keras.utils.set_random_seed(config.seed)
    train, val = transformed.dataset("train"), transformed.dataset("val")
    network = build(TrainerConfig(model, transformed.size, UNET, config), train)
    history = tmp_path / "history.csv"
    epochs = fit(network, train, val, transformed.size, config, str(history))
    with history.open() as file:
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
    _, epochs, rows = fitted(transformed, tmp_path, epochs=8)
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
    one, same = (fitted(transformed, tmp_path, "unet", epochs=2)[0].get_weights() for _ in range(2))
    for weight, same_weight in zip(one, same, strict=True):
        np.testing.assert_array_equal(weight, same_weight)


def test_a_loss_that_is_no_number_is_an_error(transformed, tmp_path):
    with pytest.raises(ValueError, match=r"loss became NaN in epoch 1; lower the .*\(1e\+30\)"):
        fitted(transformed, tmp_path, learning_rate=1e30)


def test_every_photograph_is_used_in_every_epoch(transformed, tmp_path, monkeypatch):
    batches = []
    monkeypatch.setattr(
        FitProgress, "on_train_batch_end", lambda self, batch, logs: batches.append(batch)
    )
    fitted(transformed, tmp_path, epochs=2, batch_size=2)
    # Five photographs: two batches of two, and one more.
    assert batches == [0, 1, 2, 0, 1, 2]


def test_builds_the_model_that_is_named(transformed):
    train = transformed.dataset("train")

    def parameters(name):
        return build(TrainerConfig(name, transformed.size, UNET, FIT), train).count_params()

    assert parameters("cnn") == 5_889
    assert parameters("average_mask") == 16 * 24
    wider = TrainerConfig("unet", transformed.size, dataclasses.replace(UNET, filters=8), FIT)
    assert build(wider, train).count_params() > parameters("unet")
    average = build(TrainerConfig("average_mask", transformed.size, UNET, FIT), train)
    np.testing.assert_allclose(
        tf.sigmoid(average(np.zeros((1, 16, 24, 3), np.float32)))[0],
        input_pipeline.average_mask(train, transformed.size),
        atol=2e-4,
    )


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


@pytest.fixture(scope="module", params=["unet", "average_mask"])
def step(request, transformed, tmp_path_factory):
    """What one Trainer step leaves behind."""
    folder = tmp_path_factory.mktemp("trainer")
    config = TrainerConfig(
        request.param,
        transformed.size,
        UNET,
        dataclasses.replace(FIT, epochs=2, augmentation=AugmentationConfig(brightness=0.0)),
    )
    run_fn(
        SimpleNamespace(
            custom_config={"trainer": TRAINER_CONFIG.dump_json(config).decode()},
            transform_output=transformed.graph.transform_savedmodel_dir.rpartition("/")[0],
            train_files=transformed.files["train"],
            eval_files=transformed.files["val"],
            model_run_dir=str(folder / "run" / "deep"),
            serving_model_dir=str(folder / "serving"),
        )
    )
    return SimpleNamespace(
        config=config,
        record=json.loads((folder / "run" / "deep" / "fit.json").read_text()),
        history=folder / "run" / "deep" / "history.csv",
        model=str(folder / "serving"),
    )


def test_record_tells_how_it_went(step):
    record = step.record
    assert record["model"] == step.config.model
    assert record["val_photographs"] == 3
    assert 0.0 <= record["threshold"] < 1.0
    assert 0.0 < record["val_dice"] <= 1.0
    assert record["seconds"] > 0.0
    assert TRAINER_CONFIG.validate_python(record["config"]) == step.config
    if step.config.model == "unet":
        assert record["epochs"] == 2
        assert len(step.history.read_text().splitlines()) == 3
    else:
        assert record["parameters"] == 16 * 24
        assert record["epochs"] == 0
        assert not step.history.exists()


def test_exported_model_has_the_val_dice_of_the_record(step, transformed):
    raw = [example.features.feature for example in transformed.raw["val"]]
    images = [feature[features.IMAGE].bytes_list.value[0] for feature in raw]
    with Servable.load(step.model) as servable:
        reply = servable.predict({signatures.IMAGE_BYTES: np.array(images, dtype=object)})
    dice = [
        hard_dice(
            tf.io.decode_png(feature[features.MASK].bytes_list.value[0])[..., 0].numpy(),
            tf.io.decode_png(png)[..., 0].numpy(),
        )
        for feature, png in zip(raw, reply[signatures.MASK_PNG_BYTES], strict=True)
    ]
    # A probability that lies on the threshold may fall on either side of it in another graph.
    assert np.mean(dice) == pytest.approx(step.record["val_dice"], abs=2e-3)
