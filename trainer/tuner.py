"""The Tuner's ``tuner_fn``: searches hyperparameters of the U-Net's fit with KerasTuner."""

import csv
import dataclasses
import os
from typing import Any

import keras
import keras_tuner
from tfx.v1.components import TunerFnResult

from pipeline import progress
from pipeline.config import TRAINER_CONFIG, TUNER_CONFIG, TrainerConfig
from pipeline.gpu import gpus_are_hidden
from trainer import input_pipeline
from trainer.build_model import build_model
from trainer.fit import weights_to_start_from
from trainer.fit_model import HISTORY_FILE, fit_model
from trainer.gpu_process import call_in_gpu_process
from trainer.hyperparameters import tuned
from trainer.initial_weights import load_initial_weights
from trainer.precision import computing_in, resolve_precision
from trainer.stop_on_nan import NonFiniteLoss


def tuner_fn(fn_args: Any) -> TunerFnResult:
    """Makes the search; TFX calls it by its import path and runs it.

    Args:
        fn_args: ``tfx.components.FnArgs``; ``custom_config["trainer"]`` is a TrainerConfig as JSON,
            ``custom_config["tuner"]`` a TunerConfig.

    Returns:
        A search for the best val Dice. The trials differ in nothing but the hyperparameters: each
        has the preset's seed, and starts where the Trainer's fit will.
    """
    config = TRAINER_CONFIG.validate_json(fn_args.custom_config["trainer"])
    search = TUNER_CONFIG.validate_json(fn_args.custom_config["tuner"])
    short = dataclasses.replace(
        config.fit,
        epochs=search.epochs,
        patience=search.epochs,
        # A mean over so few epochs is still largely the first weights, and would rank the trials by
        # how soon it forgets them. The fit that takes the best keeps the preset's.
        ema_momentum=0.0,
        initial_weights=weights_to_start_from(config.fit, fn_args.base_model),
    )
    tuner = Search(
        dataclasses.replace(config, fit=short),
        fn_args.train_files,
        fn_args.eval_files,
        fn_args.working_dir,
        search.trials,
    )
    return TunerFnResult(tuner=tuner, fit_kwargs={"verbose": 0})


class Search(keras_tuner.Tuner):
    """Fits the preset itself, then random points of the space around it.

    A trial whose loss becomes NaN is a bad trial; whatever else goes wrong ends the search.
    """

    def __init__(
        self,
        config: TrainerConfig,
        train_files: list[str],
        val_files: list[str],
        folder: str,
        trials: int,
    ) -> None:
        """Makes the search.

        Args:
            config: Around which is searched, with all that a trial does otherwise than the fit.
            train_files: Patterns of transformed examples to fit.
            val_files: The same, to score.
            folder: For what the fits write.
            trials: How many.
        """
        self._config = config
        self._files = train_files, val_files
        self._folder = folder
        self._trials = 0
        space = keras_tuner.HyperParameters()
        tuned(config.fit, space)
        super().__init__(
            oracle=_PresetFirst(
                objective=keras_tuner.Objective("val_dice", "max"),
                max_trials=trials,
                seed=config.fit.seed,
                hyperparameters=space,
            ),
            directory=folder,
            project_name="search",
        )

    def search(self, *args: Any, **kwargs: Any) -> None:
        """Runs all trials.

        Raises:
            RuntimeError: If the loss became NaN in each of them.
        """
        super().search(*args, **kwargs)
        trials = self.oracle.trials.values()
        if not any(trial.status == "COMPLETED" for trial in trials):
            raise RuntimeError(
                f"no trial of {len(trials)} could be fitted: the loss became NaN in each. Lower "
                "unet_fit.learning_rate, around which the tuner searches"
            )

    def run_trial(self, trial: Any, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Fits the U-Net with the trial's hyperparameters.

        Returns:
            ``{"val_dice": ...}`` of the trial's best epoch.
        """
        config = dataclasses.replace(
            self._config, fit=tuned(self._config.fit, trial.hyperparameters)
        )
        folder = os.path.join(self._folder, f"trial-{self._trials}")
        arguments = (config, *self._files, folder, self._trials, self.oracle.max_trials)
        self._trials += 1
        try:
            if gpus_are_hidden():
                call_in_gpu_process("trainer.tuner", "fit_trial", *arguments)
            else:
                fit_trial(*arguments)
        except NonFiniteLoss as error:
            raise keras_tuner.errors.FailedTrialError(str(error)) from error
        except Exception as error:
            raise keras_tuner.errors.FatalRuntimeError(
                f"trial {self._trials} failed: {type(error).__name__}: {error}"
            ) from error
        with open(os.path.join(folder, HISTORY_FILE), encoding="utf-8", newline="") as file:
            return {"val_dice": max(float(row["val_dice"]) for row in csv.DictReader(file))}

    def search_space_summary(self, extended: bool = False) -> None:
        """Leaves the screen to the pipeline."""

    def results_summary(self, num_trials: int = 10) -> None:
        """Leaves the screen to the pipeline; the results are an artifact."""


def fit_trial(
    config: TrainerConfig,
    train_files: list[str],
    val_files: list[str],
    folder: str,
    index: int,
    trials: int,
) -> None:
    """Fits the model of one trial as the Trainer would.

    Args:
        config: With the trial's hyperparameters.
        train_files: Patterns of transformed examples to fit.
        val_files: The same, to score.
        folder: For what the fit writes.
        index: Of the trial, from 0.
        trials: How many there are.
    """
    train, val = map(input_pipeline.examples, (train_files, val_files))
    with computing_in(resolve_precision(config.fit.precision)):
        keras.utils.set_random_seed(config.fit.seed)
        model = build_model(config, train)
        if config.fit.initial_weights:
            load_initial_weights(model, config.fit.initial_weights)
        with progress.part(index, trials, "trial"):
            fit_model(
                model, train, val, config.input, config.fit, folder, config.unet.deep_supervision
            )


class _PresetFirst(keras_tuner.oracles.RandomSearchOracle):
    def populate_space(self, trial_id: str) -> dict[str, Any]:
        if not self.trials:
            return {"status": "RUNNING", "values": dict(self.hyperparameters.values)}
        return super().populate_space(trial_id)
