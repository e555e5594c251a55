"""Starts a model from weights that were fitted before."""

import os

import keras

from trainer.load_weights import load_weights


def load_initial_weights(model: keras.Model, path: str) -> None:
    """Starts a model from a weights file of the same architecture, of whichever Keras backend.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not of this architecture.
    """
    if not os.path.exists(path):
        raise FileNotFoundError(
            f"weights to start from: no file {path}. Give unet_fit.initial_weights a file that "
            "exists; after warm_start=true set it to false (the last blessed model is of a version "
            "that kept no weights)"
        )
    try:
        load_weights(model, path)
    except (ValueError, OSError) as error:
        raise ValueError(
            f"weights to start from: {path} does not fit this {model.name}. Fit with the `unet` "
            "settings it was fitted with, or start at random: warm_start=false, "
            f"unet_fit.initial_weights empty ({error})"
        ) from error
