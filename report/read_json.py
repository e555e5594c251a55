"""Reads the small JSON files that a run's steps leave, from any file system TensorFlow reads."""

import json
import os
from typing import Any

import tensorflow as tf


def read_json(folder: str, name: str) -> Any:
    """Reads a JSON file.

    Args:
        folder: Of an artifact.
        name: Of the file in it.

    Returns:
        What it holds; None where there is no such file, so that a section can say so.

    Raises:
        ValueError: If the file holds no JSON; the message names it.
    """
    path = os.path.join(folder, name)
    if not tf.io.gfile.exists(path):
        return None
    with tf.io.gfile.GFile(path, "rb") as file:
        try:
            return json.loads(file.read())
        except ValueError as error:
            raise ValueError(f"{path} holds no JSON: {error}") from error
