"""Fits one model on several replicas at once, with the steps that one device would take.

Keras' ``fit`` cannot: with ``MultiWorkerMirroredStrategy`` Keras 3 fails in its first step, as of
3.12 on TensorFlow 2.16 (https://github.com/keras-team/keras/issues/20585); with
``MirroredStrategy`` it weighs a replica with one photograph like one with eight, and clips each
replica's gradients before it sums them.

Here every replica is handed the whole batch and takes its share of it by its number. As batches
depend on the seed and nothing else, all machines see the same ones.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from trainer.dice import hard_dice_per_image
from trainer.strategy import wait_for_workers

_SUM = tf.distribute.ReduceOp.SUM
_MEAN = tf.distribute.ReduceOp.MEAN


def fit_on_replicas(
    model: keras.Model,
    loss: keras.losses.Loss,
    train: tf.data.Dataset,
    val: tf.data.Dataset,
    steps: int,
    first_epoch: int,
    epochs: int,
    callbacks: list[keras.callbacks.Callback],
) -> int:
    """Does what ``keras.Model.fit`` does, on the replicas of a strategy.

    Call it outside of the strategy's scope, in which a variable that one callback makes on one
    machine would wait for the others.

    Loss and gradients are means over the whole batch, however it is shared out, and are clipped as
    one. What differs from a single device is batch normalization: each replica normalizes its share
    by the share's own mean and variance. The moving averages of these are averaged over the
    replicas as an epoch's steps end, which is what averaging them after each step would give.

    Args:
        model: From float32 [N, H, W, 3] to logits, float32 [N, H, W, C]; built and compiled within
            the scope. An optimizer that clips must do so at ``clip_norm / num_replicas_in_sync``:
            it gets gradients divided by as many, and sums them.
        loss: Whose ``call`` gives float32 [N].
        train: Batches of (float32 [N, H, W, 3], float32 [N, H, W, 1]) for all epochs that are left,
            the same on all machines.
        val: The same, for one pass.
        steps: Batches per training epoch.
        first_epoch: Where to begin, from 0; the same on all machines.
        epochs: Where to stop, counted from epoch 0.
        callbacks: Called as Keras does, with the logs ``loss``, ``dice``, ``val_loss`` and
            ``val_dice``, which are the same on all machines.

    Returns:
        How many epochs were run.

    Raises:
        RuntimeError: If the machines do not begin with the same epoch.
    """
    strategy = model.distribute_strategy
    optimizer = model.optimizer
    # Keras clips, and looks for overflows of float16, before it sums the replicas' gradients.
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    sum_first = inner is not optimizer or bool(inner.global_clipnorm)
    if not optimizer.built:
        with strategy.scope():
            optimizer.build(model.trainable_variables)
    statistics = [v for v in model.non_trainable_variables if v.dtype.startswith("float")]

    def judge(images: tf.Tensor, masks: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
        images, masks, counts = _own_share(images, masks)
        logits = model(images, training=training)
        losses = loss.call(masks, logits) * counts
        dice = hard_dice_per_image(masks, logits[..., :1], threshold=0.0) * counts
        sums = [tf.reduce_sum(values) for values in (losses, dice, counts)]
        return sums[0], tf.stack(sums)

    def train_replica(images: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            total, sums = judge(images, masks, training=True)
            mean = optimizer.scale_loss(total / tf.cast(tf.shape(images)[0], tf.float32))
        gradients = tape.gradient(mean, model.trainable_variables)
        if sum_first:
            replica = tf.distribute.get_replica_context()
            gradients = [
                gradient / replica.num_replicas_in_sync
                for gradient in replica.all_reduce(_SUM, gradients)
            ]
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return sums

    def average_replica() -> None:
        replica = tf.distribute.get_replica_context()
        # An identity, because the reduction asks on which device a value is.
        values = [tf.identity(variable) for variable in statistics]
        for variable, mean in zip(statistics, replica.all_reduce(_MEAN, values), strict=True):
            variable.assign(mean)

    @tf.function(autograph=False, reduce_retracing=True)
    def train_step(images: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
        return strategy.reduce(_SUM, strategy.run(train_replica, (images, masks)), axis=None)

    @tf.function(autograph=False, reduce_retracing=True)
    def val_step(images: tf.Tensor, masks: tf.Tensor) -> tf.Tensor:
        _, sums = strategy.run(judge, (images, masks, False))
        return strategy.reduce(_SUM, sums, axis=None)

    @tf.function(autograph=False)
    def average_statistics() -> None:
        strategy.run(average_replica)

    called = keras.callbacks.CallbackList(callbacks, model=model, epochs=epochs, steps=steps)
    model.stop_training = False
    called.on_train_begin()
    # Also, nobody replaces the backup before all have read it.
    wait_for_workers(strategy, first_epoch)
    batches = iter(train)
    epoch = first_epoch
    while epoch < epochs and not model.stop_training:
        called.on_epoch_begin(epoch)
        sums = np.zeros(3)
        for step in range(steps):
            called.on_train_batch_begin(step)
            sums += train_step(*next(batches)).numpy()
            called.on_train_batch_end(step, _logs(sums))
        logs = _logs(sums)
        if statistics:
            average_statistics()
        called.on_test_begin()
        val_logs = _logs(sum(val_step(*batch).numpy().astype(float) for batch in val))
        called.on_test_end(val_logs)
        called.on_epoch_end(epoch, logs | {f"val_{name}": val_logs[name] for name in val_logs})
        epoch += 1
    optimizer.finalize_variable_values(model.trainable_variables)
    called.on_train_end()
    return epoch - first_epoch


def share(count: tf.Tensor, replica: int, replicas: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Tells which photographs of a batch are a replica's.

    All replicas get equally many: batch normalization has no answer to none at all.

    Args:
        count: Photographs in the batch, int32 [].
        replica: Number of the replica, from 0.
        replicas: How many there are.

    Returns:
        Indices, int32 [ceil(count / replicas)], and how often each counts, float32 of the same
        shape: 1, or 0 for a photograph that only fills the place and is another's to count.
    """
    indices = tf.range(-(-count // replicas)) * replicas + replica
    return indices % count, tf.cast(indices < count, tf.float32)


def _own_share(images: tf.Tensor, masks: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    replica = tf.distribute.get_replica_context()
    with tf.device("CPU:0"):  # The rest of the batch need not travel to the device.
        indices, counts = share(
            tf.shape(images)[0], replica.replica_id_in_sync_group, replica.num_replicas_in_sync
        )
        return tf.gather(images, indices), tf.gather(masks, indices), counts


def _logs(sums: Any) -> dict[str, float]:
    loss, dice, count = map(float, sums)
    return {"loss": loss / count, "dice": dice / count}
