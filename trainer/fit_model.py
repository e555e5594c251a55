"""Fits one model: loss, optimizer, callbacks, on one device or several."""

import dataclasses
import os

import keras
import tensorflow as tf

from pipeline.config import FitConfig, InputConfig
from trainer import input_pipeline
from trainer.deep_supervision import DeepSupervisionLoss, FirstChannelDice, supervise
from trainer.dice import HardDice
from trainer.fit_backup import FitBackup
from trainer.fit_progress import FitProgress
from trainer.history import History
from trainer.learning_rate import LearningRate
from trainer.losses import make_loss
from trainer.mask_images import MaskImages
from trainer.optimizer import make_optimizer
from trainer.replicated_fit import fit_on_replicas
from trainer.stop_on_nan import StopOnNan
from trainer.strategy import is_chief, scope_of

HISTORY_FILE = "history.csv"


def fit_model(
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
    with scope_of(strategy):
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
        # The batches come shuffled.
        shuffle=False,
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
        # XLA on two CPU cores: 14.7 images/s where the plain graph does 40.4.
        return bool(tf.config.list_logical_devices("GPU"))
    return config.xla == "on"
