"""Fits the make classifier: loss, optimizer, callbacks."""

import os
from collections.abc import Sequence

import keras
import tensorflow as tf

from pipeline.config import InputConfig, MakeFitConfig
from trainer import input_pipeline
from trainer.fit_model import HISTORY_FILE, backup_of
from trainer.fit_progress import FitProgress
from trainer.history import History
from trainer.learning_rate import LearningRate
from trainer.make_classifier.make_photographs import scoring_batches, training_batches
from trainer.make_classifier.signature import ANSWERS
from trainer.stop_on_nan import StopOnNan

_ADVICE = "Look at these; if they are sound, lower make.fit.learning_rate"


def fit_make_model(
    model: keras.Model,
    train: tf.data.Dataset,
    val: tf.data.Dataset,
    makes: Sequence[str],
    size: InputConfig,
    config: MakeFitConfig,
    folder: str,
) -> tuple[int, int]:
    """Fits a model and leaves it with the weights of its best epoch.

    Args:
        model: From photographs to probabilities; changed in place.
        train: Serialized transformed examples to fit, of ``with_make``.
        val: The same, to choose the best epoch by its loss; where it is empty that of train does.
        makes: In the order of the probabilities.
        size: Of the photographs.
        config: Epochs, rate and the rest.
        folder: Gets ``history.csv`` with a row per epoch, TensorBoard's logs, and the backup that a
            fit that was killed here goes on from.

    Returns:
        How many epochs were run, those before a restart included, and which was the best, from 1.

    Raises:
        NonFiniteLoss: If the loss became NaN or infinite.
    """
    steps, val_steps = (-(-input_pipeline.count(d) // config.batch_size) for d in (train, val))
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        # Categorical cross-entropy, of classes that are given by their number.
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
            keras.metrics.SparseTopKCategoricalAccuracy(
                min(ANSWERS, len(makes)), name="top_5_accuracy"
            ),
        ],
        jit_compile=bool(tf.config.list_logical_devices("GPU")),
    )
    stopping = keras.callbacks.EarlyStopping(
        # Not the accuracy: of ten cars it is mostly luck.
        monitor="val_loss" if val_steps else "loss",
        patience=config.patience,
        restore_best_weights=True,
    )
    backup = backup_of(folder, {"early_stopping": stopping})
    first_epoch = backup.epoch
    os.makedirs(folder, exist_ok=True)
    val_batches = scoring_batches(val, makes, size, config.batch_size)
    fitted = model.fit(
        training_batches(train, makes, size, config, first_epoch),
        steps_per_epoch=steps,
        validation_data=val_batches.apply(tf.data.experimental.assert_cardinality(val_steps))
        if val_steps
        else None,
        initial_epoch=first_epoch,
        epochs=config.epochs,
        # The batches come shuffled.
        shuffle=False,
        verbose=0,
        callbacks=[
            LearningRate(),
            stopping,
            History(os.path.join(folder, HISTORY_FILE), first_epoch),
            keras.callbacks.TensorBoard(os.path.join(folder, "tensorboard"), write_graph=False),
            StopOnNan(
                lambda epoch, step: input_pipeline.training_image_ids(
                    train, size, config.batch_size, config.seed, epoch, step
                ),
                _ADVICE,
            ),
            FitProgress(steps, config.epochs, "val_accuracy", "val accuracy"),
            backup,
        ],
    )
    return first_epoch + len(fitted.epoch), int(stopping.best_epoch) + 1
