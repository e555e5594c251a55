"""The Trainer's ``run_fn``: fits one of the three models, finds its threshold, exports it."""

import dataclasses
import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import keras
import keras_tuner
import tensorflow as tf
import tensorflow_transform as tft

from pipeline.config import TRAINER_CONFIG, FitConfig, TrainerConfig
from trainer import input_pipeline, prediction, signatures
from trainer.build_model import build_model
from trainer.fit_job import hand_over, hands_over
from trainer.fit_model import HISTORY_FILE, backup_of, fit_model
from trainer.gpu_process import fit_in_gpu_process, needs_gpu_process
from trainer.hyperparameters import tuned
from trainer.initial_weights import load_initial_weights
from trainer.library_versions import library_versions
from trainer.precision import computing_in, resolve_precision
from trainer.strategy import is_chief, make_strategy, scope_of, wait_for_workers
from trainer.threshold import fit_threshold

FIT_FILE = "fit.json"
WEIGHTS_FILE = "model.weights.h5"


def run_fn(fn_args: Any, strategy: tf.distribute.Strategy | None = None) -> None:
    """Does one Trainer step; TFX calls it by its import path.

    Args:
        fn_args: ``tfx.components.FnArgs``; ``custom_config["trainer"]`` is a TrainerConfig as JSON,
            ``custom_config["fits"]`` a folder for what outlives a killed fit.
            Leaves the SavedModel in ``serving_model_dir``, its weights beside that directory, and
            in ``model_run_dir`` the history of the fit and ``fit.json`` (threshold, val Dice at it
            and at all others, epochs, seconds). Of several machines that fit together the chief
            alone writes.
        strategy: Where to fit; None chooses by what is there. TFX gives none.
    """
    if strategy is None and hands_over(fn_args):
        hand_over(fn_args)
        return
    if needs_gpu_process(fn_args):
        fit_in_gpu_process(fn_args)
        return
    started = time.monotonic()
    strategy = strategy or make_strategy()
    config = _with_hyperparameters(
        TRAINER_CONFIG.validate_json(fn_args.custom_config["trainer"]), fn_args.hyperparameters
    )
    transform = tft.TFTransformOutput(fn_args.transform_output)
    train = input_pipeline.examples(fn_args.train_files)
    val = input_pipeline.examples(fn_args.eval_files)
    folder = _fit_folder(fn_args)

    keras.utils.set_random_seed(config.fit.seed)
    precision = resolve_precision(config.fit.precision)
    epochs = 0
    with computing_in(precision):
        with scope_of(strategy):
            model = build_model(config, train)
            start_weights = weights_to_start_from(config.fit, fn_args.base_model)
            if start_weights and model.trainable_weights:
                load_initial_weights(model, start_weights)
        supervision = config.unet.deep_supervision if config.model == "unet" else 0
        if model.trainable_weights and config.fit.epochs:
            epochs = fit_model(model, train, val, config.input, config.fit, folder, supervision)
    if not is_chief(strategy):
        wait_for_workers(strategy)  # Until there is what TFX looks for after this step.
        return
    # What is scored and exported is one device's, in float32, and knows of no optimizer.
    fitted, model = model, build_model(config, train)
    model.set_weights(fitted.get_weights())
    os.makedirs(fn_args.model_run_dir, exist_ok=True)
    if epochs:
        shutil.copy(os.path.join(folder, HISTORY_FILE), fn_args.model_run_dir)

    scores = (
        scores.numpy()
        for images, _ in input_pipeline.scoring_batches(val, config.input, config.fit.batch_size)
        for scores in prediction.predict(model, images, config.prediction)
    )
    threshold = fit_threshold(
        zip(scores, input_pipeline.full_size_masks(val), strict=True), config.prediction
    )
    signatures.export(
        model,
        transform,
        config.input,
        threshold.value,
        fn_args.serving_model_dir,
        config.prediction,
        config.limits,
    )
    model.save_weights(_weights_path(fn_args.serving_model_dir))

    record = {
        "model": config.model,
        "parameters": model.count_params(),
        "epochs": epochs,
        "precision": precision,
        "replicas": strategy.num_replicas_in_sync,
        "started_from": start_weights,
        "seconds": round(time.monotonic() - started, 1),
        "finished": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "versions": library_versions(),
        "code": fn_args.custom_config.get("code", ""),
        "threshold": threshold.value,
        "val_dice": threshold.dice,
        "val_photographs": threshold.photographs,
        "config": dataclasses.asdict(config),
    }
    with tf.io.gfile.GFile(os.path.join(fn_args.model_run_dir, FIT_FILE), "w") as file:
        file.write(_readable(record, threshold.curve))
    backup_of(folder).forget()
    wait_for_workers(strategy)


def weights_to_start_from(config: FitConfig, base_model: str | None) -> str:
    """Returns the weights file that a fit starts from; empty where it starts at random.

    Args:
        config: Of the fit.
        base_model: Directory of the SavedModel of a warm start, if there is one.
    """
    return config.initial_weights or (_weights_path(base_model) if base_model else "")


def _readable(record: dict[str, Any], curve: Sequence[float]) -> str:
    """Writes JSON with a field per line; the curve, hundreds of numbers, as the last one."""
    fields = json.dumps(record, indent=2).removesuffix("\n}")
    numbers = json.dumps([round(dice, 5) for dice in curve], separators=(",", ":"))
    return f'{fields},\n  "threshold_curve": {numbers}\n}}'


def _with_hyperparameters(
    config: TrainerConfig, hyperparameters: dict[str, Any] | None
) -> TrainerConfig:
    if not hyperparameters:
        return config
    best = keras_tuner.HyperParameters.from_config(hyperparameters)
    return dataclasses.replace(config, fit=tuned(config.fit, best))


def _fit_folder(fn_args: Any) -> str:
    """One folder for each thing there is to fit: the same fit, begun again, finds its backup."""
    what = json.dumps(
        [
            fn_args.custom_config,
            sorted(fn_args.train_files),
            fn_args.base_model,
            fn_args.hyperparameters,
        ],
        sort_keys=True,
    )
    digest = hashlib.sha256(what.encode()).hexdigest()[:12]
    model = json.loads(fn_args.custom_config["trainer"])["model"]
    return os.path.join(fn_args.custom_config["fits"], f"{model}-{digest}")


def _weights_path(serving_model_dir: str) -> str:
    return os.path.join(os.path.dirname(serving_model_dir.rstrip("/")), WEIGHTS_FILE)
