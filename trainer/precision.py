"""Which number format a fit computes in: half the bits where the device is faster with them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import keras
import tensorflow as tf

from pipeline.config import Precision

Resolved = Literal["float32", "mixed_bfloat16", "mixed_float16"]


def resolve_precision(precision: Precision) -> Resolved:
    """Returns what ``auto`` means on this machine; any other value as it is.

    GPUs of compute capability 8 on and CPUs with AVX512-BF16 get bfloat16, older GPUs of capability
    7 float16, all others float32. On two cores of such a CPU bfloat16 fits the U-Net of 16 filters
    at 66.3 images/s where float32 does 40.4; on CPUs without the instructions it is slower.
    """
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return "mixed_bfloat16" if _cpu_multiplies_bfloat16() else "float32"
    weakest = min(
        tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0))
        for gpu in gpus
    )
    if weakest >= (8, 0):
        return "mixed_bfloat16"
    return "mixed_float16" if weakest >= (7, 0) else "float32"


@contextlib.contextmanager
def computing_in(precision: Resolved) -> Iterator[None]:
    """Builds, compiles and fits models in a number format; sets everything back at the end.

    Weights, losses, metrics and batch normalization's statistics stay float32. GPUs take Keras'
    policy. On a CPU TensorFlow rewrites each training step for oneDNN's bfloat16 convolutions,
    which is faster than the policy (its casts of all weights and activations cost more than they
    save) and leaves the model float32 for scoring and export.

    Args:
        precision: Of ``resolve_precision``.
    """
    if precision == "mixed_bfloat16" and not tf.config.list_physical_devices("GPU"):
        # Only what is named here changes; the other rewrites stay at TensorFlow's defaults.
        key = "auto_mixed_precision_onednn_bfloat16"
        before = tf.config.optimizer.get_experimental_options().get(key, False)
        tf.config.optimizer.set_experimental_options({key: True})
        try:
            yield
        finally:
            tf.config.optimizer.set_experimental_options({key: before})
        return
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def _cpu_multiplies_bfloat16() -> bool:
    cpu_info = Path("/proc/cpuinfo")  # Linux; elsewhere float32 it is.
    if not cpu_info.exists():
        return False
    flags = next((row for row in cpu_info.read_text().splitlines() if row.startswith("flags")), "")
    return "avx512_bf16" in flags.split()
