"""By what a model is told from all others, wherever its files are copied to."""

import hashlib
import os

import tensorflow as tf

_BLOCK = 2**20
_VARIABLES = "variables."


def model_digest(servable: str) -> str:
    """Returns the SHA-256 of a SavedModel's graph and weights, as 64 hex digits.

    It is that of ``cat saved_model.pb variables/variables.* | sha256sum`` in its directory, so that
    whoever has the model can compare. What a push adds (warm-up requests, card, signature) does not
    count.

    Args:
        servable: The directory that holds ``saved_model.pb``, on any file system that TensorFlow
            reads.

    Raises:
        tf.errors.NotFoundError: If there is no ``saved_model.pb``.
    """
    variables = os.path.join(servable, "variables")
    names = tf.io.gfile.listdir(variables) if tf.io.gfile.isdir(variables) else []
    parts = [os.path.join(variables, name) for name in sorted(names) if name.startswith(_VARIABLES)]
    digest = hashlib.sha256()
    for path in (os.path.join(servable, "saved_model.pb"), *parts):
        with tf.io.gfile.GFile(path, "rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()
