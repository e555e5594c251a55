"""Loads the weights of all layers from a file, or says in one error that they are not there."""

import warnings

import keras


def load_weights(model: keras.Model, path: str) -> None:
    """Gives a model the weights of a local file.

    Args:
        model: A functional model.
        path: ``.h5`` or ``.weights.h5``, as ``keras.Model.save_weights`` or Keras's own files.

    Raises:
        ValueError: If a layer's weights are not in the file, or of another shape.
        OSError: If it is no such file.
    """
    with warnings.catch_warnings():
        # Where a file lacks a group, Keras first warns that some layers keep their weights. Each
        # layer of a functional model is loaded by itself as well: an error that names one follows.
        warnings.filterwarnings("ignore", "Skipping nested container", UserWarning)
        model.load_weights(path)
