import dataclasses
import json
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import keras
import keras_tuner
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
from serving.server.servable import Servable
from trainer import signatures
from trainer.build_model import build_model
from trainer.dice import hard_dice
from trainer.fit import run_fn
from trainer.hyperparameters import tuned

UNET = UNetConfig(filters=4, depth=1, max_filters=8, encoder_convs=1, decoder_convs=1)
LIGHT = AugmentationConfig(hsv=0.0, brightness=0.1, contrast=0.1)
FIT = FitConfig(epochs=4, batch_size=2, learning_rate=0.02, patience=4, seed=3, augmentation=LIGHT)


@pytest.fixture(scope="module", params=["unet", "average_mask"])
def step(request, transformed, trainer_arguments, tmp_path_factory):
    """What one Trainer step leaves behind."""
    folder = tmp_path_factory.mktemp("trainer")
    config = TrainerConfig(
        request.param,
        transformed.size,
        UNET,
        dataclasses.replace(FIT, epochs=2, augmentation=AugmentationConfig(brightness=0.0)),
    )
    more = {"model_run_dir": str(folder / "run" / "deep")}
    run_fn(SimpleNamespace(**trainer_arguments(folder, config, **more)))
    return SimpleNamespace(
        config=config,
        record=json.loads((folder / "run" / "deep" / "fit.json").read_text()),
        history=folder / "run" / "deep" / "history.csv",
        model=str(folder / "model" / "Format-Serving"),
    )


def test_record_tells_how_it_went(step):
    record = step.record
    assert record["model"] == step.config.model
    assert record["val_photographs"] == 4
    assert 0.0 <= record["threshold"] < 1.0
    assert 0.0 < record["val_dice"] <= 1.0
    assert record["seconds"] > 0.0
    age = datetime.now(timezone.utc) - datetime.fromisoformat(record["finished"])
    assert timedelta(seconds=-1) < age < timedelta(minutes=30)
    assert record["versions"]["TensorFlow"] == tf.version.VERSION
    assert record["code"] == ""
    assert TRAINER_CONFIG.validate_python(record["config"]) == step.config
    assert len(record["threshold_curve"]) == 256
    fitted = record["threshold_curve"][round(256 * record["threshold"])]
    assert fitted == max(record["threshold_curve"]) == round(record["val_dice"], 5)
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


@pytest.fixture
def run(trainer_arguments):
    """Does a Trainer step and returns its record and the folder of its model."""

    def run(folder, config, **more):
        run_fn(SimpleNamespace(**trainer_arguments(folder, config, **more)))
        return json.loads((folder / "run" / "fit.json").read_text()), folder / "model"

    return run


def assert_equal_weights(one, same):
    for weight, same_weight in zip(one, same, strict=True):
        np.testing.assert_array_equal(weight, same_weight)


class TestStart:
    """Where a fit starts from."""

    @pytest.fixture
    def config(self, transformed):
        return TrainerConfig("cnn", transformed.size, UNET, dataclasses.replace(FIT, epochs=1))

    def test_warm_from_another_models_weights(self, transformed, run, tmp_path, config):
        _, base = run(tmp_path / "base", config)
        exported = dataclasses.replace(config, fit=dataclasses.replace(config.fit, epochs=0))
        # No epoch: what comes out is what it started from.
        record, warm = run(tmp_path / "warm", exported, base_model=str(base / "Format-Serving"))
        assert record["started_from"] == str(base / "model.weights.h5")
        assert record["epochs"] == 0
        weights = []
        for folder in (base, warm):
            model = build_model(config, transformed.dataset("train"))
            model.load_weights(folder / "model.weights.h5")
            weights.append(model.get_weights())
        assert_equal_weights(*weights)

    def test_from_a_weights_file(self, transformed, run, tmp_path, config):
        keras.utils.set_random_seed(77)
        model = build_model(config, transformed.dataset("train"))
        model.save_weights(tmp_path / "mine.weights.h5")
        started = dataclasses.replace(
            config,
            fit=dataclasses.replace(
                config.fit, epochs=0, initial_weights=str(tmp_path / "mine.weights.h5")
            ),
        )
        _, folder = run(tmp_path / "out", started)
        loaded = build_model(config, transformed.dataset("train"))
        loaded.load_weights(folder / "model.weights.h5")
        assert_equal_weights(loaded.get_weights(), model.get_weights())


def test_hyperparameters_of_a_search_replace_the_presets(transformed, run, tmp_path):
    config = TrainerConfig("cnn", transformed.size, UNET, dataclasses.replace(FIT, epochs=1))
    found = keras_tuner.HyperParameters()
    tuned(config.fit, found)
    found.values |= {"learning_rate": 0.01, "loss": "lovasz", "hsv": 0.8}
    record, _ = run(tmp_path, config, hyperparameters=found.get_config())
    fitted_with = TRAINER_CONFIG.validate_python(record["config"]).fit
    assert fitted_with.learning_rate == 0.01
    assert fitted_with.loss == "lovasz"
    assert fitted_with.augmentation.hsv == 0.8
    assert fitted_with.epochs == 1


def test_nothing_is_left_of_the_backup(transformed, run, tmp_path):
    config = TrainerConfig("cnn", transformed.size, UNET, dataclasses.replace(FIT, epochs=2))
    run(tmp_path, config)
    [fit_folder] = (tmp_path / "fits").iterdir()
    assert sorted(path.name for path in fit_folder.iterdir()) == ["history.csv", "tensorboard"]
