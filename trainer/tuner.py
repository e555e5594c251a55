"""The Tuner's ``tuner_fn``: searches hyperparameters of the U-Net's fit with KerasTuner."""

import csv
import dataclasses
import os
from typing import Any

import keras
import keras_tuner
from tfx.v1.components import TunerFnResult

from pipeline.config import TRAINER_CONFIG, TUNER_CONFIG, TrainerConfig
from pipeline.gpu import gpus_are_hidden
from trainer import input_pipeline
from trainer.fit import HISTORY_FILE, build, fit
from trainer.gpu_process import call_in_gpu_process
from trainer.hyperparameters import tuned
from trainer.precision import computing_in, resolve_precision


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """Makes the search; TFX calls it by its import path and runs it.

    Args:
        fn_args: ``tfx.components.FnArgs``; ``custom_config["trainer"]`` is a TrainerConfig as JSON,
            ``custom_config["tuner"]`` a TunerConfig.

    Returns:
        A random search for the best val Dice. The trials differ in nothing but the
        hyperparameters: each has the preset's seed.
    """
    config = TRAINER_CONFIG.validate_json(fn_args.custom_config["trainer"])
    search = TUNER_CONFIG.validate_json(fn_args.custom_config["tuner"])
    short = dataclasses.replace(config.fit, epochs=search.epochs, patience=search.epochs)
    tuner = _QuietSearch(
        UNetFit(
            dataclasses.replace(config, fit=short),
            fn_args.train_files,
            fn_args.eval_files,
            fn_args.working_dir,
        ),
        objective=keras_tuner.Objective("val_dice", "max"),
        max_trials=search.trials,
        seed=config.fit.seed,
        directory=fn_args.working_dir,
        project_name="search",
    )
    return TunerFnResult(tuner=tuner, fit_kwargs={"verbose": 0})


class UNetFit(keras_tuner.HyperModel):
    """A fit of the U-Net as KerasTuner asks for it."""

    def __init__(
        self, config: TrainerConfig, train_files: list[str], val_files: list[str], folder: str
    ) -> None:
        """Makes the hypermodel.

        Args:
            config: Around which is searched, with the epochs of a trial.
            train_files: Patterns of transformed examples to fit.
            val_files: The same, to score.
            folder: For what the fits write.
        """
        super().__init__(name="unet_fit")
        self._config = config
        self._files = train_files, val_files
        self._folder = folder
        self._trials = 0

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        """Builds the model; the search space is declared on ``hp`` for that."""
        tuned(self._config.fit, hp)
        keras.utils.set_random_seed(self._config.fit.seed)
        return build(self._config, input_pipeline.examples(self._files[0]))

    def fit(
        self, hp: keras_tuner.HyperParameters, model: keras.Model, *_: Any, **__: Any
    ) -> dict[str, float]:
        """Fits the model with the trial's hyperparameters.

        Returns:
            ``{"val_dice": ...}`` of the trial's best epoch.
        """
        config = dataclasses.replace(self._config, fit=tuned(self._config.fit, hp))
        folder = os.path.join(self._folder, f"trial-{self._trials}")
        self._trials += 1
        if gpus_are_hidden():
            call_in_gpu_process("trainer.tuner", "fit_trial", config, *self._files, folder)
        else:
            fit_trial(config, *self._files, folder, model)
        with open(os.path.join(folder, HISTORY_FILE), encoding="utf-8", newline="") as file:
            return {"val_dice": max(float(row["val_dice"]) for row in csv.DictReader(file))}


def fit_trial(
    config: TrainerConfig,
    train_files: list[str],
    val_files: list[str],
    folder: str,
    model: keras.Model | None = None,
) -> None:
    """Fits the model of one trial.

    Args:
        config: With the trial's hyperparameters.
        train_files: Patterns of transformed examples to fit.
        val_files: The same, to score.
        folder: For what the fit writes.
        model: To fit; None builds it.
    """
    train, val = map(input_pipeline.examples, (train_files, val_files))
    with computing_in(resolve_precision(config.fit.precision)):
        if model is None:
            keras.utils.set_random_seed(config.fit.seed)
            model = build(config, train)
        fit(model, train, val, config.input, config.fit, folder)


class _QuietSearch(keras_tuner.RandomSearch):
    """Leaves the screen to the pipeline; the results are an artifact."""

    def search_space_summary(self, extended: bool = False) -> None:
        pass

    def results_summary(self, num_trials: int = 10) -> None:
        pass
