import dataclasses
import importlib
import json
import pickle
from types import SimpleNamespace

import pytest

from pipeline.config import (
    TRAINER_CONFIG,
    TUNER_CONFIG,
    FitConfig,
    TrainerConfig,
    TunerConfig,
    UNetConfig,
)
from trainer import fit as fit_module
from trainer import tuner as tuner_module
from trainer.stop_on_nan import NonFiniteLoss
from trainer.tuner import tuner_fn

UNET = UNetConfig(filters=2, depth=1, max_filters=4, encoder_convs=1, decoder_convs=1)
FIT = FitConfig(batch_size=2, learning_rate=0.02, seed=0)


@pytest.fixture
def search(transformed, tmp_path):
    """A search of two trials, as the TFX component runs it."""
    config = TrainerConfig("unet", transformed.size, UNET, FIT)
    result = tuner_fn(
        SimpleNamespace(
            custom_config={
                "trainer": TRAINER_CONFIG.dump_json(config).decode(),
                "tuner": TUNER_CONFIG.dump_json(TunerConfig(trials=2, epochs=2)).decode(),
            },
            train_files=transformed.files["train"],
            eval_files=transformed.files["val"],
            working_dir=str(tmp_path),
        )
    )
    result.tuner.search_space_summary()
    result.tuner.search(**result.fit_kwargs)
    result.tuner.results_summary()
    return result.tuner


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
