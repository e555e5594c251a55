"""Whether the input pipeline keeps up: images delivered over images that a training step consumes.

Transformed examples of carvana-128's kind (128x128, full-size mask beside them) go through reading,
parsing, augmentation and batching as the Trainer does it, and then through training steps of the
U-Net of 16 filters on a constant batch, in turn. Expected: at least 3 times as many delivered; the
resident memory of a later epoch as that of the first.
"""

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tensorflow as tf

from pipeline import features
from pipeline.config import AugmentationConfig, InputConfig
from pipeline.presets import PRESETS
from trainer import input_pipeline
from trainer.precision import resolve_precision

_PHOTOGRAPHS = 720
_BATCH = 16
_ROUNDS = 3
_EPOCHS_FOR_MEMORY = 12


def measure(scratch: Path) -> dict[str, Any]:
    """Measures both.

    Args:
        scratch: An empty folder.

    Returns:
        Images per second delivered (all cores, and per second of processor time) for several
        augmentations, consumed by the step in the Trainer's precision for this machine, their
        ratio, and MiB resident after the first and the last of several epochs.
    """
    serialized = input_pipeline.examples([str(_write_examples(scratch))])
    augmentations = {
        "none": AugmentationConfig(horizontal_flip=0.0, warp=0.0, hsv=0.0),
        "default": AugmentationConfig(),
        "carvana-128": PRESETS["carvana-128"].unet_fit.augmentation,
        "everything": AugmentationConfig(
            rotate=5.0, brightness=0.1, contrast=0.1, blur=0.5, noise=0.5, jpeg=0.5
        ),
    }
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.training_step_keras", _precision()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert worker.stdin is not None
    assert worker.stdout is not None
    consumed: list[float] = []
    delivered: dict[str, list[tuple[float, float]]] = {name: [] for name in augmentations}
    try:
        for _ in range(_ROUNDS + 1):
            worker.stdin.write("go\n")
            worker.stdin.flush()
            consumed.append(float(worker.stdout.readline()))
            for name, augmentation in augmentations.items():
                delivered[name].append(_deliver(serialized, augmentation, epochs=2))
    finally:
        worker.kill()
        worker.communicate()
    step = statistics.median(consumed[1:])
    wall, per_core = (
        {
            name: statistics.median(each[kind] for each in rows[1:])
            for name, rows in delivered.items()
        }
        for kind in (0, 1)
    )
    first = _deliver_and_weigh(serialized, augmentations["carvana-128"], 1)
    last = _deliver_and_weigh(serialized, augmentations["carvana-128"], _EPOCHS_FOR_MEMORY)
    return {
        "step_images_per_second": round(step, 1),
        "delivered_images_per_second": {name: round(rate) for name, rate in wall.items()},
        "delivered_images_per_core_second": {name: round(rate) for name, rate in per_core.items()},
        "delivered_over_step": {name: round(rate / step, 1) for name, rate in wall.items()},
        "peak_mib_after_epochs": {1: first, 1 + _EPOCHS_FOR_MEMORY: last},
    }


def _precision() -> str:
    return resolve_precision("auto").removeprefix("mixed_")


def _deliver(
    serialized: tf.data.Dataset, augmentation: AugmentationConfig, epochs: int
) -> tuple[float, float]:
    """Returns images per second of wall time and of processor time."""
    batches = input_pipeline.training_batches(
        serialized, InputConfig(), _BATCH, augmentation, seed=0, epochs=epochs
    )
    wall, processor = time.perf_counter(), time.process_time()
    images = sum(len(masks) for _, masks in batches)
    return (
        images / (time.perf_counter() - wall),
        images / (time.process_time() - processor),
    )


def _deliver_and_weigh(
    serialized: tf.data.Dataset, augmentation: AugmentationConfig, epochs: int
) -> int:
    _deliver(serialized, augmentation, epochs)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _write_examples(scratch: Path) -> Path:
    rng = np.random.default_rng(0)
    path = scratch / "examples.gz"
    with tf.io.TFRecordWriter(os.fspath(path), tf.io.TFRecordOptions("GZIP")) as writer:
        for index in range(_PHOTOGRAPHS):
            # Smooth, as photographs are: noise would not compress.
            image = cv2.resize(rng.integers(0, 256, (8, 8, 3), np.uint8), (128, 128))
            small = cv2.resize(rng.integers(0, 256, (4, 4), np.uint8), (128, 128))
            full = np.where(cv2.resize(small, (1918, 1280)) > 128, 255, 0).astype(np.uint8)
            values = {
                features.IMAGE_TENSOR: tf.io.serialize_tensor(image).numpy(),
                features.MASK_TENSOR: tf.io.serialize_tensor(small[..., np.newaxis]).numpy(),
                features.MASK: cv2.imencode(".png", full)[1].tobytes(),
                features.IMAGE_ID: f"{index:05}".encode(),
            }
            example = tf.train.Example(
                features=tf.train.Features(
                    feature={
                        name: tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
                        for name, value in values.items()
                    }
                )
            )
            writer.write(example.SerializeToString())
    return path
