"""The Trainer's ``run_fn``: fits one of the three models, finds its threshold, exports it."""

import dataclasses
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from numpy.typing import NDArray

from pipeline.config import TRAINER_CONFIG, FitConfig, InputConfig, TrainerConfig
from trainer import input_pipeline, signatures
from trainer.dice import HardDice
from trainer.fit_progress import FitProgress
from trainer.losses import BceDiceLoss
from trainer.models.average_mask import build_average_mask
from trainer.models.cnn import build_cnn
from trainer.models.unet import build_unet
from trainer.schedule import warmup_cosine
from trainer.threshold import fit_threshold

FIT_FILE = "fit.json"
HISTORY_FILE = "history.csv"


def run_fn(fn_args: Any) -> None:
    """Does one Trainer step; TFX calls it by its import path.

    Args:
        fn_args: ``tfx.components.FnArgs``; ``custom_config["trainer"]`` is a TrainerConfig as JSON.
            Leaves the SavedModel in ``serving_model_dir``, and in ``model_run_dir`` the history
            of the fit and ``fit.json`` (threshold, val Dice, epochs, seconds).
    """
    started = time.monotonic()
    config = TRAINER_CONFIG.validate_json(fn_args.custom_config["trainer"])
    transform = tft.TFTransformOutput(fn_args.transform_output)
    train = input_pipeline.examples(fn_args.train_files)
    val = input_pipeline.examples(fn_args.eval_files)
    os.makedirs(fn_args.model_run_dir, exist_ok=True)

    keras.utils.set_random_seed(config.fit.seed)
    model = build(config, train)
    epochs = 0
    if model.trainable_weights:
        history = os.path.join(fn_args.model_run_dir, HISTORY_FILE)
        epochs = fit(model, train, val, config.input, config.fit, history)

    batches = input_pipeline.scoring_batches(val, config.input, config.fit.batch_size)
    threshold = fit_threshold(
        zip(_probabilities(model, batches), input_pipeline.full_size_masks(val), strict=True)
    )
    signatures.export(model, transform, config.input, threshold.value, fn_args.serving_model_dir)

    record = {
        "model": config.model,
        "parameters": model.count_params(),
        "epochs": epochs,
        "seconds": round(time.monotonic() - started, 1),
        "threshold": threshold.value,
        "val_dice": threshold.dice,
        "val_photographs": threshold.photographs,
        "config": dataclasses.asdict(config),
    }
    with tf.io.gfile.GFile(os.path.join(fn_args.model_run_dir, FIT_FILE), "w") as file:
        file.write(json.dumps(record, indent=2))


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
    history_path: str,
) -> int:
    """Fits a model and leaves it with the weights of its best epoch.

    Args:
        model: From photographs to logits; changed in place.
        train: Serialized transformed examples to fit.
        val: The same, to choose the best epoch by mean hard Dice at the model's size.
        size: The model's input size.
        config: Epochs, rates and the rest.
        history_path: CSV file that gets a row per epoch.

    Returns:
        How many epochs were run.

    Raises:
        ValueError: If the loss became NaN or infinite.
    """
    steps, val_steps = (-(-input_pipeline.count(d) // config.batch_size) for d in (train, val))
    model.compile(
        optimizer=keras.optimizers.AdamW(
            warmup_cosine(config.learning_rate, steps * config.epochs, config.warmup_fraction),
            weight_decay=config.weight_decay,
        ),
        loss=BceDiceLoss(),
        metrics=[HardDice()],
        jit_compile=False,  # XLA on two CPU cores: 6.1 images/s where the plain graph does 19.7.
    )
    history = model.fit(
        input_pipeline.training_batches(
            train, size, config.batch_size, config.augmentation, config.seed
        ).apply(tf.data.experimental.assert_cardinality(steps)),
        validation_data=input_pipeline.scoring_batches(val, size, config.batch_size).apply(
            tf.data.experimental.assert_cardinality(val_steps)
        ),
        epochs=config.epochs,
        verbose=0,
        callbacks=[
            keras.callbacks.EarlyStopping(
                monitor="val_dice",
                mode="max",
                patience=config.patience,
                restore_best_weights=True,
            ),
            keras.callbacks.CSVLogger(history_path),
            keras.callbacks.TerminateOnNaN(),
            FitProgress(steps, config.epochs),
        ],
    )
    if not np.isfinite(history.history["loss"]).all():
        raise ValueError(
            f"the loss became NaN in epoch {len(history.epoch)}; lower the learning rate "
            f"({config.learning_rate})"
        )
    return len(history.epoch)


def _probabilities(model: keras.Model, batches: tf.data.Dataset) -> Iterator[NDArray[np.float32]]:
    for images, _ in batches:
        yield from tf.sigmoid(model(images, training=False)).numpy()[..., 0]
