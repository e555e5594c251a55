"""The training step of carvana-128's U-Net as the Trainer takes it; run by training_step.py.

For each line that comes in, takes steps for some seconds and answers with images per second.
"""

import sys
import time

import keras
import numpy as np
from keras import layers

from pipeline.config import FitConfig, UNetConfig
from trainer.losses import make_loss
from trainer.models import unet
from trainer.optimizer import make_optimizer
from trainer.precision import computing_in

SIZE, BATCH, SECONDS = 128, 16, 6.0


def main(variant: str) -> None:
    """Answers until its input ends.

    Args:
        variant: ``float32``, ``bfloat16``, ``float32_keras_batchnorm`` (Keras' own layer in place
            of the fused one) or ``float32_xla``.
    """
    if variant == "float32_keras_batchnorm":
        unet.BatchNorm = layers.BatchNormalization
    with computing_in("mixed_bfloat16" if variant == "bfloat16" else "float32"):
        keras.utils.set_random_seed(0)
        model = unet.build_unet(SIZE, SIZE, UNetConfig())
        model.compile(
            optimizer=make_optimizer(FitConfig(), steps=10_000),
            loss=make_loss("bce_dice"),
            jit_compile=variant == "float32_xla",
        )
        rng = np.random.default_rng(0)
        images = rng.random((BATCH, SIZE, SIZE, 3), np.float32)
        masks = (rng.random((BATCH, SIZE, SIZE, 1)) > 0.5).astype(np.float32)
        for _ in range(3):
            model.train_on_batch(images, masks)
        for _ in sys.stdin:
            started, steps = time.perf_counter(), 0
            while time.perf_counter() - started < SECONDS:
                model.train_on_batch(images, masks)
                steps += 1
            print(BATCH * steps / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
