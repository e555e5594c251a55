import dataclasses
import importlib
import json
import os
import pickle
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from pipeline.config import (
    TRAINER_CONFIG,
    TUNER_CONFIG,
    FitConfig,
    TrainerConfig,
    TunerConfig,
    UNetConfig,
)
from pipeline.presets import PRESETS
from trainer import fit as fit_module
from trainer import tuner as tuner_module
from trainer.build_model import build_model
from trainer.fit_model import HISTORY_FILE
from trainer.stop_on_nan import NonFiniteLoss
from trainer.tuner import tuner_fn

UNET = UNetConfig(filters=2, depth=1, max_filters=4, encoder_convs=1, decoder_convs=1)
FIT = FitConfig(batch_size=2, learning_rate=0.02, seed=0)


@pytest.fixture
def searched(transformed, tmp_path):
    """Runs a search as the TFX component does."""

    def searched(config, base_model=None, **asked):
        result = tuner_fn(
            SimpleNamespace(
                custom_config={
                    "trainer": TRAINER_CONFIG.dump_json(config).decode(),
                    "tuner": TUNER_CONFIG.dump_json(TunerConfig(**asked)).decode(),
                },
                train_files=transformed.files["train"],
                eval_files=transformed.files["val"],
                base_model=base_model,
                working_dir=str(tmp_path),
            )
        )
        result.tuner.search_space_summary()
        result.tuner.search(**result.fit_kwargs)
        result.tuner.results_summary()
        return result.tuner

    return searched


@pytest.fixture
def search(searched, transformed):
    """A search of two trials."""
    return searched(TrainerConfig("unet", transformed.size, UNET, FIT), trials=2, epochs=2)


@pytest.fixture
def trials(monkeypatch):
    """The configs of trials, none of which is fitted: the second is the best."""
    configs = []

    def fit_trial(config, train_files, val_files, folder, *_):
        os.makedirs(folder)
        with open(os.path.join(folder, HISTORY_FILE), "w", encoding="utf-8") as file:
            file.write(f"epoch,val_dice\n0,{0.5 if len(configs) == 1 else 0.4}\n")
        configs.append(config)

    monkeypatch.setattr(tuner_module, "fit_trial", fit_trial)
    return configs


def test_the_best_trial_is_found(search, tmp_path, capsys):
    trials = search.oracle.get_best_trials(2)
    assert [trial.status for trial in trials] == ["COMPLETED"] * 2
    assert trials[0].score >= trials[1].score
    assert trials[0].hyperparameters.values != trials[1].hyperparameters.values
    # Each trial ran its epochs, and its score is its best one.
    scores = []
    for folder in ("trial-0", "trial-1"):
        rows = (tmp_path / folder / "history.csv").read_text().splitlines()
        assert len(rows) == 3
        place = rows[0].split(",").index("val_dice")
        scores.append(max(float(row.split(",")[place]) for row in rows[1:]))
    assert sorted(scores, reverse=True) == pytest.approx([trial.score for trial in trials])
    best = search.get_best_hyperparameters()[0].get_config()
    config = TrainerConfig("unet", search._config.input, UNET, FIT)
    tuned = fit_module._with_hyperparameters(config, json.loads(json.dumps(best)))
    assert tuned.fit == dataclasses.replace(
        FIT,
        **{k: v for k, v in best["values"].items() if k != "hsv"},
        augmentation=dataclasses.replace(FIT.augmentation, hsv=best["values"]["hsv"]),
    )
    assert capsys.readouterr().out == ""


def test_the_preset_itself_is_tried_first(search):
    first = search.oracle.get_trial(search.oracle.start_order[0])
    config = TrainerConfig("unet", search._config.input, UNET, FIT)
    assert fit_module._with_hyperparameters(config, first.hyperparameters.get_config()) == config


@pytest.mark.parametrize("preset", [name for name in PRESETS if name.startswith("carvana")])
def test_trials_of_a_preset_have_no_running_mean(preset, searched, trials):
    config = PRESETS[preset].trainer("unet")
    search = searched(config, trials=3)
    assert len(trials) == 3
    for trial in trials:
        assert trial.fit.ema_momentum == 0.0
        assert (trial.fit.epochs, trial.fit.patience) == (5, 5)
    # Nothing else is changed, and nothing of it in the fit that takes the best.
    short = dataclasses.replace(config.fit, epochs=5, patience=5, ema_momentum=0.0)
    assert trials[0] == dataclasses.replace(config, fit=short)
    best = search.get_best_hyperparameters()[0].get_config()
    fit = fit_module._with_hyperparameters(config, json.loads(json.dumps(best))).fit
    assert fit == dataclasses.replace(
        trials[1].fit,
        epochs=config.fit.epochs,
        patience=config.fit.patience,
        ema_momentum=config.fit.ema_momentum,
    )


def test_trials_start_from_the_model_of_a_warm_start(searched, transformed, tmp_path, monkeypatch):
    config = TrainerConfig("unet", transformed.size, UNET, FIT)
    keras.utils.set_random_seed(77)
    base = build_model(config, transformed.dataset("train"))
    base.save_weights(tmp_path / "model.weights.h5")
    begun_with = []

    def fit_model(model, *arguments):
        begun_with.append(model.get_weights())
        return real_fit_model(model, *arguments)

    real_fit_model = tuner_module.fit_model
    monkeypatch.setattr(tuner_module, "fit_model", fit_model)
    searched(config, str(tmp_path / "Format-Serving"), trials=2, epochs=1)
    assert len(begun_with) == 2
    for weights in begun_with:
        for weight, expected in zip(weights, base.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, expected)


def test_trials_start_from_the_weights_file_of_the_config(searched, transformed, trials):
    fit = dataclasses.replace(FIT, initial_weights="/mine.weights.h5")
    searched(TrainerConfig("unet", transformed.size, UNET, fit), trials=1)
    assert trials[0].fit.initial_weights == "/mine.weights.h5"


def test_a_trial_that_becomes_nan_is_no_result(monkeypatch, request):
    def fit_trial(config, *arguments):
        raise NonFiniteLoss("the loss became nan")

    monkeypatch.setattr(tuner_module, "fit_trial", fit_trial)
    with pytest.raises(RuntimeError, match="no trial of 2 could be fitted: the loss became NaN"):
        request.getfixturevalue("search")


def test_another_fault_ends_the_search(monkeypatch, request):
    def fit_trial(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(tuner_module, "fit_trial", fit_trial)
    with pytest.raises(RuntimeError, match="trial 1 failed: MemoryError: no room"):
        request.getfixturevalue("search")


def test_where_gpus_are_hidden_each_trial_has_a_process_that_sees_them(monkeypatch, request):
    called = []

    def call(module, function, *arguments):
        called.append(function)
        return getattr(importlib.import_module(module), function)(
            *pickle.loads(pickle.dumps(arguments))
        )

    monkeypatch.setattr(tuner_module, "gpus_are_hidden", lambda: True)
    monkeypatch.setattr(tuner_module, "call_in_gpu_process", call)
    search = request.getfixturevalue("search")
    assert called == ["fit_trial", "fit_trial"]
    assert all(trial.score > 0.0 for trial in search.oracle.get_best_trials(2))
