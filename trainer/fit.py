"""The Trainer's ``run_fn``: fits one of the three models, finds its threshold, exports it."""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
import time
from typing import Any

import keras
import keras_tuner
import tensorflow as tf
import tensorflow_transform as tft

from pipeline.config import TRAINER_CONFIG, FitConfig, InputConfig, TrainerConfig
from trainer import input_pipeline, prediction, signatures
from trainer.deep_supervision import DeepSupervisionLoss, FirstChannelDice, supervise
from trainer.dice import HardDice
from trainer.fit_backup import FitBackup
from trainer.fit_progress import FitProgress
from trainer.gpu_process import fit_in_gpu_process, needs_gpu_process
from trainer.history import History
from trainer.hyperparameters import tuned
from trainer.learning_rate import LearningRate
from trainer.losses import make_loss
from trainer.mask_images import MaskImages
from trainer.models.average_mask import build_average_mask
from trainer.models.cnn import build_cnn
from trainer.models.unet import build_unet
from trainer.optimizer import make_optimizer
from trainer.precision import computing_in, resolve_precision
from trainer.replicated_fit import fit_on_replicas
from trainer.stop_on_nan import StopOnNan
from trainer.strategy import is_chief, make_strategy, wait_for_workers
from trainer.threshold import fit_threshold

FIT_FILE = "fit.json"
HISTORY_FILE = "history.csv"
WEIGHTS_FILE = "model.weights.h5"


def run_fn(fn_args: Any) -> None:
    """Does one Trainer step; TFX calls it by its import path.

    Args:
        fn_args: ``tfx.components.FnArgs``; ``custom_config["trainer"]`` is a TrainerConfig as JSON,
            ``custom_config["fits"]`` a folder for what outlives a killed fit.
            Leaves the SavedModel in ``serving_model_dir``, its weights beside that directory, and
            in ``model_run_dir`` the history of the fit and ``fit.json`` (threshold, val Dice,
            epochs, seconds). Of several machines that fit together the chief alone writes.
    """
    if needs_gpu_process(fn_args):
        fit_in_gpu_process(fn_args)
        return
    started = time.monotonic()
    strategy = make_strategy()
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
        with _scope(strategy):
            model = build(config, train)
            start_weights = config.fit.initial_weights or _weights_beside(fn_args.base_model)
            if start_weights and model.trainable_weights:
                load_weights(model, start_weights)
        supervision = config.unet.deep_supervision if config.model == "unet" else 0
        if model.trainable_weights and config.fit.epochs:
            epochs = fit(model, train, val, config.input, config.fit, folder, supervision)
    if not is_chief(strategy):
        wait_for_workers(strategy)  # Until there is what TFX looks for after this step.
        return
    # What is scored and exported is one device's, in float32, and knows of no optimizer.
    fitted, model = model, build(config, train)
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
        "threshold": threshold.value,
        "val_dice": threshold.dice,
        "val_photographs": threshold.photographs,
        "config": dataclasses.asdict(config),
    }
    with tf.io.gfile.GFile(os.path.join(fn_args.model_run_dir, FIT_FILE), "w") as file:
        file.write(json.dumps(record, indent=2))
    backup_of(folder).forget()
    wait_for_workers(strategy)


def build(config: TrainerConfig, train: tf.data.Dataset) -> keras.Model:
    """Builds the model that ``config`` names.

    Args:
        config: Of the Trainer step.
        train: Serialized transformed examples; the average mask is read from them.

    Returns:
        Model from float32 [N, H, W, 3] in [0, 1] to logits, float32 [N, H, W, 1].
    """
    height, width = config.input.height, config.input.width
    match config.model:
        case "unet":
            return build_unet(height, width, config.unet)
        case "cnn":
            return build_cnn(height, width)
        case "average_mask":
            return build_average_mask(input_pipeline.average_mask(train, config.input).numpy())


def fit(
    model: keras.Model,
    train: tf.data.Dataset,
    val: tf.data.Dataset,
    size: InputConfig,
    config: FitConfig,
    folder: str,
    deep_supervision: int = 0,
) -> int:
    """Fits a model and leaves it with the weights of its best epoch.

    Where the model was built in the scope of a strategy of several replicas, each batch is shared
    out among them. Of several machines the chief alone writes.

    Args:
        model: From photographs to logits; changed in place.
        train: Serialized transformed examples to fit.
        val: The same, to choose the best epoch by mean hard Dice at the model's size.
        size: The model's input size.
        config: Epochs, rates and the rest.
        folder: Gets ``history.csv`` with a row per epoch, TensorBoard's logs, and the backup that a
            fit that was killed here goes on from.
        deep_supervision: Decoder levels that get a head of their own while fitting.

    Returns:
        How many epochs were run, those before a restart included.

    Raises:
        NonFiniteLoss: If the loss became NaN or infinite.
        RuntimeError: If several machines fit together and do not see the same backup.
    """
    strategy = model.distribute_strategy
    replicas = strategy.num_replicas_in_sync
    steps, val_steps = (-(-input_pipeline.count(d) // config.batch_size) for d in (train, val))
    loss, dice = make_loss(config.loss), HardDice()
    fitted = model
    with _scope(strategy):
        if deep_supervision:
            fitted = supervise(model, deep_supervision)
            loss, dice = DeepSupervisionLoss(loss), FirstChannelDice()
        fitted.compile(
            # Several replicas each clip their part of the gradients, see fit_on_replicas.
            optimizer=make_optimizer(
                dataclasses.replace(config, clip_norm=config.clip_norm / replicas),
                steps * config.epochs,
            ),
            loss=loss,
            metrics=[dice],
            jit_compile=_compile_with_xla(config),
        )
    val_batches = input_pipeline.scoring_batches(val, size, config.batch_size)

    best = {"monitor": "val_dice", "mode": "max", "min_delta": config.min_delta}
    stateful: dict[str, keras.callbacks.Callback] = {
        "early_stopping": keras.callbacks.EarlyStopping(
            **best, patience=config.patience, restore_best_weights=True
        )
    }
    if config.schedule == "reduce_on_plateau":
        stateful["plateau"] = keras.callbacks.ReduceLROnPlateau(
            **best, patience=config.plateau_patience, factor=config.plateau_factor
        )
    backup = backup_of(folder, stateful, saves=is_chief(strategy))
    first_epoch = backup.epoch
    callbacks = [LearningRate(), *_running_mean(config), *stateful.values()]
    if is_chief(strategy):
        os.makedirs(folder, exist_ok=True)
        logs = os.path.join(folder, "tensorboard")
        callbacks += [
            History(os.path.join(folder, HISTORY_FILE), first_epoch),
            keras.callbacks.TensorBoard(logs, write_graph=False),
            MaskImages(os.path.join(logs, "masks"), _a_few(val_batches)),
        ]
    callbacks += [
        StopOnNan(
            lambda epoch, step: input_pipeline.training_image_ids(
                train, size, config.batch_size, config.seed, epoch, step
            )
        ),
        FitProgress(steps, config.epochs),
        backup,
    ]
    train_batches = input_pipeline.training_batches(
        train,
        size,
        config.batch_size,
        config.augmentation,
        config.seed,
        config.epochs,
        first_epoch,
    )
    if replicas > 1:
        return first_epoch + fit_on_replicas(
            fitted,
            loss,
            train_batches,
            val_batches,
            steps,
            first_epoch,
            config.epochs,
            callbacks,
        )
    fitted_epochs = fitted.fit(
        train_batches,
        steps_per_epoch=steps,
        validation_data=val_batches.apply(tf.data.experimental.assert_cardinality(val_steps)),
        initial_epoch=first_epoch,
        epochs=config.epochs,
        verbose=0,
        callbacks=callbacks,
    )
    return first_epoch + len(fitted_epochs.epoch)


def backup_of(
    folder: str,
    stateful: dict[str, keras.callbacks.Callback] | None = None,
    saves: bool = True,
) -> FitBackup:
    """Returns the backup that a fit keeps in its folder; the arguments are FitBackup's."""
    return FitBackup(os.path.join(folder, "backup"), stateful or {}, saves)


def load_weights(model: keras.Model, path: str) -> None:
    """Starts a model from a weights file of the same architecture, of whichever Keras backend.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not of this architecture.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"weights to start from: no file {path}. Give unet_fit.initial_weights a file that "
            "exists; after warm_start=true set it to false (the last blessed model is of a version "
            "that kept no weights)"
        )
    try:
        model.load_weights(path)
    except (ValueError, OSError) as error:
        raise ValueError(
            f"weights to start from: {path} does not fit this {model.name}. Fit with the `unet` "
            "settings it was fitted with, or start at random: warm_start=false, "
            f"unet_fit.initial_weights empty ({error})"
        ) from error


def _with_hyperparameters(
    config: TrainerConfig, hyperparameters: dict[str, Any] | None
) -> TrainerConfig:
    if not hyperparameters:
        return config
    best = keras_tuner.HyperParameters.from_config(hyperparameters)
    return dataclasses.replace(config, fit=tuned(config.fit, best))


def _scope(strategy: tf.distribute.Strategy) -> contextlib.AbstractContextManager[Any]:
    # The default strategy's scope would be another context for Keras to compute in.
    several = strategy.num_replicas_in_sync > 1
    return strategy.scope() if several else contextlib.nullcontext()


def _a_few(batches: tf.data.Dataset) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns four photographs and masks from all over a split."""
    photographs = batches.unbatch()
    apart = max(input_pipeline.count(photographs) // 4, 1)
    return next(iter(photographs.shard(apart, 0).batch(4)))


def _running_mean(config: FitConfig) -> list[keras.callbacks.Callback]:
    # Outside of an epoch the model holds the running mean: it is what is scored and kept as best.
    return [keras.callbacks.SwapEMAWeights(swap_on_epoch=True)] if config.ema_momentum else []


def _compile_with_xla(config: FitConfig) -> bool:
    if config.xla == "auto":
        # XLA on two CPU cores: 6.1 images/s where the plain graph did 19.7.
        return bool(tf.config.list_logical_devices("GPU"))
    return config.xla == "on"


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


def _weights_beside(base_model: str | None) -> str:
    return _weights_path(base_model) if base_model else ""
