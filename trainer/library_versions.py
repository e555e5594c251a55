"""What a model was fitted with, for its record: nobody can tell from the model later."""

import importlib.metadata
import platform

import keras
import tensorflow as tf


def library_versions() -> dict[str, str]:
    """Returns versions by name: Python, TensorFlow, Keras, TFX, studio-mask.

    The last two are left out where their code runs without being installed.
    """
    versions = {
        "Python": platform.python_version(),
        "TensorFlow": tf.__version__,
        "Keras": keras.__version__,
    }
    for name, distribution in (("TFX", "tfx"), ("studio-mask", "studio-mask")):
        try:
            versions[name] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
