"""Models, losses and metric run on JAX as they are; what it fits is exported from TensorFlow."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf

from pipeline.config import LossName, PhotographLimits, PredictionConfig, UNetConfig
from trainer import signatures
from trainer.losses import make_loss
from trainer.models.unet import build_unet

LOSSES = get_args(LossName)
# Space to depth, shortcuts and a dilated centre have layers of their own.
NETWORK = UNetConfig(
    filters=2,
    depth=2,
    max_filters=4,
    encoder_convs=1,
    decoder_convs=2,
    space_to_depth=2,
    residual=True,
    dilated_centre=2,
)
HEIGHT, WIDTH = 16, 24

# A process of its own, because Keras chooses its backend when it is imported.
FIT_WITH_JAX = """
    import random
    import sys

    import keras
    import numpy as np

    from pipeline.config import UNetConfig
    from trainer.deep_supervision import DeepSupervisionLoss, FirstChannelDice, supervise
    from trainer.dice import HardDice
    from trainer.losses import make_loss
    from trainer.models.unet import build_unet

    folder, losses = sys.argv[1], sys.argv[2].split(",")
    assert keras.backend.backend() == "jax"
    batch = np.load(f"{{folder}}/batch.npz")
    for name in losses:
        # Keras draws its own seed from this; its set_random_seed would import TensorFlow.
        random.seed(7)
        model = build_unet({height}, {width}, {network})
        np.savez(f"{{folder}}/{{name}}_before.npz", *model.get_weights())
        logits = np.asarray(model(batch["images"]))
        fitted, loss, dice = model, make_loss(name), HardDice()
        if name == losses[0]:
            fitted = supervise(model, 1)
            loss, dice = DeepSupervisionLoss(loss), FirstChannelDice()
        fitted.compile(keras.optimizers.AdamW(0.01), loss, metrics=[dice])
        value, score = fitted.train_on_batch(batch["images"], batch["masks"])
        assert np.isfinite(value), name
        assert 0.0 <= score <= 1.0, name
        model.save_weights(f"{{folder}}/{{name}}.weights.h5")
        np.savez(
            f"{{folder}}/{{name}}_losses.npz",
            logits=logits,
            losses=np.asarray(make_loss(name).call(batch["masks"], logits)),
        )
        np.savez(f"{{folder}}/{{name}}_after.npz", *model.get_weights())
    assert "tensorflow" not in sys.modules
"""


@pytest.fixture(scope="module")
def fitted_with_jax(tmp_path_factory) -> Path:
    """Folder of what JAX left after one step with each loss, the first with deep supervision."""
    folder = tmp_path_factory.mktemp("jax")
    rng = np.random.default_rng(0)
    images = rng.random((2, HEIGHT, WIDTH, 3), np.float32)
    # Soft at some pixels.
    masks = np.clip(3.0 * images[..., :1] - 1.0, 0.0, 1.0)
    np.savez(folder / "batch.npz", images=images, masks=masks)
    script = textwrap.dedent(FIT_WITH_JAX).format(height=HEIGHT, width=WIDTH, network=NETWORK)
    done = subprocess.run(
        [sys.executable, "-c", script, folder, ",".join(LOSSES)],
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return folder


def arrays(path):
    with np.load(path) as file:
        return [file[name] for name in file.files]


@pytest.fixture
def loaded(fitted_with_jax):
    """Builds the network in this process and gives it what JAX fitted with a loss."""

    def load(loss):
        model = build_unet(HEIGHT, WIDTH, NETWORK)
        model.load_weights(fitted_with_jax / f"{loss}.weights.h5")
        return model

    return load


@pytest.mark.parametrize("loss", LOSSES)
def test_tensorflow_loads_jaxs_weights_bit_for_bit(loss, loaded, fitted_with_jax):
    weights = loaded(loss).get_weights()
    after = arrays(fitted_with_jax / f"{loss}_after.npz")
    for weight, expected in zip(weights, after, strict=True):
        assert weight.dtype == expected.dtype
        assert weight.tobytes() == expected.tobytes()


@pytest.mark.parametrize("loss", LOSSES)
def test_the_step_fitted_every_weight(loss, fitted_with_jax):
    before = arrays(fitted_with_jax / f"{loss}_before.npz")
    after = arrays(fitted_with_jax / f"{loss}_after.npz")
    for old, new in zip(before, after, strict=True):
        assert np.isfinite(new).all()
        assert (old != new).any()


@pytest.mark.parametrize("loss", LOSSES)
def test_both_backends_answer_and_judge_alike(loss, loaded, fitted_with_jax):
    with np.load(fitted_with_jax / f"{loss}_losses.npz") as file:
        logits, losses = file["logits"], file["losses"]
    with np.load(fitted_with_jax / "batch.npz") as batch:
        images, masks = batch["images"], batch["masks"]
    model = loaded(loss)
    model.set_weights(arrays(fitted_with_jax / f"{loss}_before.npz"))
    np.testing.assert_allclose(model(images), logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(make_loss(loss).call(masks, logits), losses, rtol=1e-5)


def test_the_exported_model_holds_jaxs_weights_bit_for_bit(
    loaded, fitted_with_jax, transformed, tmp_path
):
    assert (transformed.size.height, transformed.size.width) == (HEIGHT, WIDTH)
    path = str(tmp_path / "1")
    model = loaded(LOSSES[-1])
    signatures.export(
        model,
        transformed.graph,
        transformed.size,
        0.5,
        path,
        PredictionConfig(),
        PhotographLimits(),
    )
    exported = tf.saved_model.load(path).variables
    after = arrays(fitted_with_jax / f"{LOSSES[-1]}_after.npz")
    for variable, expected in zip(exported, after, strict=True):
        assert variable.numpy().tobytes() == expected.tobytes()
