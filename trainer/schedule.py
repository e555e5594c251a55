"""The learning rate over a fit."""

import keras


def warmup_cosine(
    peak: float, steps: int, warmup_fraction: float
) -> keras.optimizers.schedules.LearningRateSchedule:
    """Rises linearly from near 0 to ``peak``, then falls to 0 along half a cosine.

    Args:
        peak: Highest learning rate.
        steps: Of the whole fit.
        warmup_fraction: Share of the steps that the rise takes.

    Returns:
        A schedule for a Keras optimizer (SGDR's decay, Loshchilov and Hutter 2016,
        https://arxiv.org/abs/1608.03983, without restarts).
    """
    warmup = int(steps * warmup_fraction)
    if warmup == 0:
        return keras.optimizers.schedules.CosineDecay(peak, max(steps, 1))
    return keras.optimizers.schedules.CosineDecay(
        peak / warmup, max(steps - warmup, 1), warmup_target=peak, warmup_steps=warmup
    )
